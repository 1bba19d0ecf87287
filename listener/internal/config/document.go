package config

import "github.com/port-changelog/terraform-provider-port/listener/internal/message"

// document is the configuration file. The tag key of a field is its key in the file; the other tags
// restrict its value.
type document struct {
	item
	Port         portSection               `key:"port"`
	CatchUp      catchUpSection            `key:"catch_up"`
	Webhook      webhookSection            `key:"webhook"`
	Admin        adminSection              `key:"admin"`
	Smee         smeeSection               `key:"smee"`
	Store        storeSection              `key:"store"`
	Destinations names[destinationSection] `key:"destinations" noun:"destination"`
	Rules        ruleList                  `key:"rules"`
	Templates    names[templateSection]    `key:"templates" noun:"template"`
}

// rulesDocument is the part of the file for rendering messages.
type rulesDocument struct {
	item
	Destinations names[ignored]         `key:"destinations" noun:"destination"`
	Rules        ruleList               `key:"rules"`
	Templates    names[templateSection] `key:"templates" noun:"template"`
	Others       ignored                `key:"*"`
}

// setupDocument is the part of the file for setting up Port.
type setupDocument struct {
	item
	Port         portSection            `key:"port"`
	Webhook      webhookSection         `key:"webhook"`
	Destinations names[ignored]         `key:"destinations" noun:"destination"`
	Rules        ruleList               `key:"rules"`
	Templates    names[templateSection] `key:"templates" noun:"template"`
	Others       ignored                `key:"*"`
}

// adminDocument is the part of the file for connecting to the admin address.
type adminDocument struct {
	item
	Admin  adminSection `key:"admin"`
	Others ignored      `key:"*"`
}

// storeDocument is the part of the file for opening the store.
type storeDocument struct {
	item
	Store        storeSection   `key:"store"`
	Destinations names[ignored] `key:"destinations" noun:"destination"`
	Others       ignored        `key:"*"`
}

type portSection struct {
	item
	ClientSecrets     list[text] `key:"client_secrets"`
	ClientSecretFiles list[text] `key:"client_secret_files"`
	ClientID          text       `key:"client_id"`
	BaseURL           text       `key:"base_url"`
	Poll              duration   `key:"poll" min:"1s" max:"1h"`
	AppURL            text       `key:"app_url"`
}

type catchUpSection struct {
	item
	Interval duration `key:"interval" min:"10s" max:"1h"`
	MaxAge   duration `key:"max_age" max:"720h"`
}

type webhookSection struct {
	item
	Listen    text       `key:"listen"`
	Path      text       `key:"path"`
	MaxBody   size       `key:"max_body" max:"16MiB" min:"1KiB" such_as:"4KiB"`
	Tolerance duration   `key:"tolerance" max:"24h"`
	TLS       tlsSection `key:"tls"`
}

type tlsSection struct {
	item
	CertFile text `key:"cert_file"`
	KeyFile  text `key:"key_file"`
}

type adminSection struct {
	item
	Listen            text       `key:"listen"`
	TokenFile         text       `key:"token_file"`
	ReadOnlyTokenFile text       `key:"read_only_token_file"`
	AllowedHosts      list[text] `key:"allowed_hosts" blank:"no"`
}

type smeeSection struct {
	item
	URL text `key:"url"`
}

type storeSection struct {
	item
	Dir      text            `key:"dir"`
	Sync     interval        `key:"sync" max:"1m"`
	MaxBytes size            `key:"max_bytes" max:"1024GiB" min:"1MiB" such_as:"4MiB"`
	MaxAge   duration        `key:"max_age" max:"720h"`
	Postgres postgresSection `key:"postgres"`
}

type postgresSection struct {
	item
	URL     text `key:"url"`
	URLFile text `key:"url_file"`
}

type destinationSection struct {
	item
	WebhookURL     text     `key:"webhook_url"`
	WebhookURLFile text     `key:"webhook_url_file"`
	Rate           rate     `key:"rate"`
	DigestAfter    duration `key:"digest_after" max:"720h"`
	MaxAge         duration `key:"max_age" max:"720h"`
	EventID        truth    `key:"event_id"`
}

type ruleSection struct {
	item
	Name          text           `key:"name" blank:"no"`
	Blueprint     matcher        `key:"blueprint" blank:"no"`
	ResourceType  matcher        `key:"resource_type" blank:"no"`
	Actions       matcher        `key:"actions" blank:"no"`
	Property      text           `key:"property" blank:"no"`
	From          values         `key:"from" null:"value"`
	To            values         `key:"to" null:"value"`
	HealthyValues values         `key:"healthy_values" null:"value"`
	When          condition      `key:"when"`
	Destination   matcher        `key:"destination" blank:"no"`
	Template      templateChoice `key:"template" blank:"no"`
}

type conditionSection struct {
	item
	Type        text        `key:"type" one_of:"JQ"`
	Expressions expressions `key:"expressions"`
	Combinator  text        `key:"combinator" one_of:"and or"`
}

type templateSection struct {
	item
	Header     text   `key:"header" blank:"no"`
	Context    text   `key:"context" blank:"no"`
	Body       text   `key:"body" blank:"no"`
	Blocks     blocks `key:"blocks"`
	BlocksFile text   `key:"blocks_file" blank:"no"`
	Text       text   `key:"text" blank:"no"`
	Line       text   `key:"line" blank:"no"`

	// source is the template without invalid parts.
	source message.Source
}
