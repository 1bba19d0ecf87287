package blueprint_test

import (
	"fmt"
	"math/big"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

func TestBlueprintDataSources(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("read")
	const one, all = "data.port_blueprint.this", "data.port_blueprints.all"
	listed := tfjsonpath.New("blueprints").AtMapKey(identifier)
	exact, _, err := big.ParseFloat("9007199254740993", 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	stringProperty := knownvalue.ObjectPartial(map[string]knownvalue.Check{
		"title":       knownvalue.StringExact("Language"),
		"enum":        knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("Go"), knownvalue.StringExact("C")}),
		"enum_colors": knownvalue.MapExact(map[string]knownvalue.Check{"Go": knownvalue.StringExact("blue")}),
		"required":    knownvalue.Bool(false),
	})
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{{
		ConfigDirectory: acctest.Directory("data_sources"), ConfigVariables: variables(identifier),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(one, tfjsonpath.New("id"), knownvalue.StringExact(identifier)),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("title"), knownvalue.StringExact("Service")),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("description"), knownvalue.Null()),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("properties").AtMapKey("string_props").AtMapKey("language"), stringProperty),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("properties").AtMapKey("number_props").AtMapKey("replicas").AtMapKey("maximum"), knownvalue.NumberExact(exact)),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("properties").AtMapKey("object_props").AtMapKey("labels").AtMapKey("default"), knownvalue.StringExact(`{"tier":"<gold>"}`)),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("relations").AtMapKey("parent").AtMapKey("target"), knownvalue.StringExact(identifier)),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("aggregation_properties").AtMapKey("children").AtMapKey("path_filter").AtSliceIndex(0).AtMapKey("path"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("parent")})),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("kafka_changelog_destination"), knownvalue.NotNull()),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("webhook_changelog_destination"), knownvalue.Null()),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("created_at"), knownvalue.StringRegexp(regexp.MustCompile(`^\d{4}-`))),
			statecheck.ExpectKnownValue(one, tfjsonpath.New("json"), knownvalue.StringRegexp(regexp.MustCompile(`"novel":\{"x":1\}`))),
			statecheck.ExpectKnownValue(all, listed.AtMapKey("title"), knownvalue.StringExact("Service")),
			statecheck.ExpectKnownValue(all, listed.AtMapKey("properties").AtMapKey("string_props").AtMapKey("language"), stringProperty),
			statecheck.ExpectKnownValue(all, listed.AtMapKey("json"), knownvalue.StringRegexp(regexp.MustCompile(`"novel":\{"x":1\}`))),
		},
	}}})
}

func TestBlueprintDataSource_missing(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("missing")
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      fmt.Sprintf(`data "port_blueprint" "this" { identifier = %q }`, identifier),
		ExpectError: regexp.MustCompile(`(?s)Unable to Read Blueprint.*` + identifier + `.*The\s+blueprint\s+does\s+not\s+exist`),
	}}})
}
