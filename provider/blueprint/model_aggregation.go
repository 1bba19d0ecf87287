package blueprint

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// The values of a calculation spec in Port (POST /v1/blueprints).
const (
	byEntities  = "entities"
	byProperty  = "property"
	funcCount   = "count"
	funcAverage = "average"

	defaultAverageOf     = "day"
	defaultMeasureTimeBy = "$createdAt"
)

// aggregationModel has the attributes of one property in the official provider's
// port_aggregation_properties.
type aggregationModel struct {
	Title       types.String      `tfsdk:"title"`
	Target      types.String      `tfsdk:"target_blueprint_identifier"`
	Description types.String      `tfsdk:"description"`
	Icon        types.String      `tfsdk:"icon"`
	Method      *methodModel      `tfsdk:"method"`
	Query       jsontype.Value    `tfsdk:"query"`
	PathFilter  []pathFilterModel `tfsdk:"path_filter"`
}

// methodModel is the aggregation method; exactly one attribute is set.
type methodModel struct {
	CountEntities       types.Bool                `tfsdk:"count_entities"`
	AverageEntities     *averageEntitiesModel     `tfsdk:"average_entities"`
	AverageByProperty   *averageByPropertyModel   `tfsdk:"average_by_property"`
	AggregateByProperty *aggregateByPropertyModel `tfsdk:"aggregate_by_property"`
}

type averageEntitiesModel struct {
	AverageOf     types.String `tfsdk:"average_of"`
	MeasureTimeBy types.String `tfsdk:"measure_time_by"`
}

type averageByPropertyModel struct {
	Property      types.String `tfsdk:"property"`
	AverageOf     types.String `tfsdk:"average_of"`
	MeasureTimeBy types.String `tfsdk:"measure_time_by"`
}

type aggregateByPropertyModel struct {
	Func     types.String `tfsdk:"func"`
	Property types.String `tfsdk:"property"`
}

type pathFilterModel struct {
	FromBlueprint types.String   `tfsdk:"from_blueprint"`
	Path          []types.String `tfsdk:"path"`
}

func (m *aggregationModel) bindings() []document.Binding {
	return []document.Binding{
		document.LooseText("title", &m.Title),
		document.Text("target", &m.Target),
		document.Text("description", &m.Description),
		document.Text("icon", &m.Icon),
		document.Custom(m.writeMethod, m.readMethod),
		document.JSON("query", &m.Query),
		document.Custom(m.writePathFilter, m.readPathFilter),
	}
}

// specModel is Port's calculation spec, which has the keys of all methods.
type specModel struct {
	Func, By, Property, AverageOf, MeasureTimeBy types.String
}

func (m *specModel) bindings() []document.Binding {
	return []document.Binding{
		document.Kind("func", &m.Func),
		document.Text("calculationBy", &m.By),
		document.Text("property", &m.Property),
		document.Text("averageOf", &m.AverageOf),
		document.Text("measureTimeBy", &m.MeasureTimeBy),
	}
}

const specKey = "calculationSpec"

// writeMethod keeps the current spec if there is no method.
func (m *aggregationModel) writeMethod(into document.Object) {
	if spec := m.Method.spec(); spec != nil {
		document.Write(into, []document.Binding{document.Nested(specKey, &spec, (*specModel).bindings)})
	}
}

func (m *aggregationModel) readMethod(from document.Object, _ bool) error {
	var spec *specModel
	err := document.Read(from, []document.Binding{document.Nested(specKey, &spec, (*specModel).bindings)}, true)
	m.Method = &methodModel{}
	if spec != nil {
		m.Method = spec.method()
	}
	return err
}

// spec converts the method to Port's spec, nil if there is none.
func (m *methodModel) spec() *specModel {
	average, count := types.StringValue(funcAverage), types.StringValue(funcCount)
	entities, property := types.StringValue(byEntities), types.StringValue(byProperty)
	switch {
	case m == nil:
		return nil
	case m.AverageEntities != nil:
		return &specModel{Func: average, By: entities, AverageOf: m.AverageEntities.AverageOf, MeasureTimeBy: m.AverageEntities.MeasureTimeBy}
	case m.AverageByProperty != nil:
		by := m.AverageByProperty
		return &specModel{Func: average, By: property, Property: by.Property, AverageOf: by.AverageOf, MeasureTimeBy: by.MeasureTimeBy}
	case m.AggregateByProperty != nil:
		return &specModel{Func: m.AggregateByProperty.Func, By: property, Property: m.AggregateByProperty.Property}
	case m.CountEntities.ValueBool():
		return &specModel{Func: count, By: entities}
	default:
		return nil
	}
}

// method converts the spec. A spec that Port added later has no attribute, so none is set.
func (m *specModel) method() *methodModel {
	name, by := m.Func.ValueString(), m.By.ValueString()
	switch {
	case name == funcAverage && by == byEntities:
		return &methodModel{AverageEntities: &averageEntitiesModel{
			AverageOf:     textOr(m.AverageOf, defaultAverageOf),
			MeasureTimeBy: textOr(m.MeasureTimeBy, defaultMeasureTimeBy),
		}}
	case name == funcAverage:
		return &methodModel{AverageByProperty: &averageByPropertyModel{
			Property:      m.Property,
			AverageOf:     textOr(m.AverageOf, defaultAverageOf),
			MeasureTimeBy: textOr(m.MeasureTimeBy, defaultMeasureTimeBy),
		}}
	case by == byProperty:
		return &methodModel{AggregateByProperty: &aggregateByPropertyModel{Func: m.Func, Property: m.Property}}
	case name == funcCount:
		return &methodModel{CountEntities: types.BoolValue(true)}
	default:
		return &methodModel{}
	}
}

// textOr returns the default if an optional string is null.
func textOr(text types.String, defaultText string) types.String {
	if text.IsNull() {
		return types.StringValue(defaultText)
	}
	return text
}

func (m *aggregationModel) filterBinding() document.Binding {
	return document.LooseObjects("pathFilter", &m.PathFilter, func(filter *pathFilterModel) []document.Binding {
		return []document.Binding{document.Text("fromBlueprint", &filter.FromBlueprint), document.Texts("path", &filter.Path)}
	})
}

func (m *aggregationModel) writePathFilter(into document.Object) {
	document.Write(into, []document.Binding{m.filterBinding()})
}

// readPathFilter reads filters that Port dropped as null instead of an empty list.
func (m *aggregationModel) readPathFilter(from document.Object, isNew bool) error {
	hadFilters := len(m.PathFilter) > 0
	err := document.Read(from, []document.Binding{m.filterBinding()}, isNew)
	if hadFilters && len(m.PathFilter) == 0 {
		m.PathFilter = nil
	}
	return err
}
