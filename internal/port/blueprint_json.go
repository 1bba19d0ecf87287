package port

// The methods below give every struct of a blueprint the same two properties: numbers stay exact, and the keys that it
// does not name survive in Extra. They are written out because encoding/json finds them by type.

// MarshalJSON implements [encoding/json.Marshaler].
func (b Blueprint) MarshalJSON() ([]byte, error) { return encodeObject(b) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (b *Blueprint) UnmarshalJSON(data []byte) error {
	*b = Blueprint{}
	return decodeObject(data, b)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (s Schema) MarshalJSON() ([]byte, error) { return encodeObject(s) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (s *Schema) UnmarshalJSON(data []byte) error {
	*s = Schema{}
	return decodeObject(data, s)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (p Property) MarshalJSON() ([]byte, error) { return encodeObject(p) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (p *Property) UnmarshalJSON(data []byte) error {
	*p = Property{}
	return decodeObject(data, p)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (i Items) MarshalJSON() ([]byte, error) { return encodeObject(i) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (i *Items) UnmarshalJSON(data []byte) error {
	*i = Items{}
	return decodeObject(data, i)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (a SpecAuthentication) MarshalJSON() ([]byte, error) { return encodeObject(a) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (a *SpecAuthentication) UnmarshalJSON(data []byte) error {
	*a = SpecAuthentication{}
	return decodeObject(data, a)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (p MirrorProperty) MarshalJSON() ([]byte, error) { return encodeObject(p) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (p *MirrorProperty) UnmarshalJSON(data []byte) error {
	*p = MirrorProperty{}
	return decodeObject(data, p)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (p CalculationProperty) MarshalJSON() ([]byte, error) { return encodeObject(p) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (p *CalculationProperty) UnmarshalJSON(data []byte) error {
	*p = CalculationProperty{}
	return decodeObject(data, p)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (p AggregationProperty) MarshalJSON() ([]byte, error) { return encodeObject(p) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (p *AggregationProperty) UnmarshalJSON(data []byte) error {
	*p = AggregationProperty{}
	return decodeObject(data, p)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (s CalculationSpec) MarshalJSON() ([]byte, error) { return encodeObject(s) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (s *CalculationSpec) UnmarshalJSON(data []byte) error {
	*s = CalculationSpec{}
	return decodeObject(data, s)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (f PathFilter) MarshalJSON() ([]byte, error) { return encodeObject(f) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (f *PathFilter) UnmarshalJSON(data []byte) error {
	*f = PathFilter{}
	return decodeObject(data, f)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (r Relation) MarshalJSON() ([]byte, error) { return encodeObject(r) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (r *Relation) UnmarshalJSON(data []byte) error {
	*r = Relation{}
	return decodeObject(data, r)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (d ChangelogDestination) MarshalJSON() ([]byte, error) { return encodeObject(d) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (d *ChangelogDestination) UnmarshalJSON(data []byte) error {
	*d = ChangelogDestination{}
	return decodeObject(data, d)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (o Ownership) MarshalJSON() ([]byte, error) { return encodeObject(o) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (o *Ownership) UnmarshalJSON(data []byte) error {
	*o = Ownership{}
	return decodeObject(data, o)
}

// MarshalJSON implements [encoding/json.Marshaler].
func (t TeamInheritance) MarshalJSON() ([]byte, error) { return encodeObject(t) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (t *TeamInheritance) UnmarshalJSON(data []byte) error {
	*t = TeamInheritance{}
	return decodeObject(data, t)
}
