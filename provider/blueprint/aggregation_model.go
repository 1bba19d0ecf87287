package blueprint

import (
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// The words of a calculation spec at Port (POST /v1/blueprints).
const (
	byEntities  = "entities"
	byProperty  = "property"
	funcCount   = "count"
	funcAverage = "average"

	defaultAverageOf     = "day"
	defaultMeasureTimeBy = "$createdAt"
)

// aggregationModel has the attributes that port_aggregation_properties of the
// official provider has for one property.
type aggregationModel struct {
	Title       types.String      `tfsdk:"title"`
	Target      types.String      `tfsdk:"target_blueprint_identifier"`
	Description types.String      `tfsdk:"description"`
	Icon        types.String      `tfsdk:"icon"`
	Method      *methodModel      `tfsdk:"method"`
	Query       jsontype.Value    `tfsdk:"query"`
	PathFilter  []pathFilterModel `tfsdk:"path_filter"`
}

// methodModel says how to aggregate; exactly one attribute is set.
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

func (a aggregationModel) toAPI() port.AggregationProperty {
	aggregation := port.AggregationProperty{
		Title:           a.Title.ValueString(),
		Target:          a.Target.ValueString(),
		Description:     a.Description.ValueStringPointer(),
		Icon:            a.Icon.ValueStringPointer(),
		CalculationSpec: a.Method.toAPI(),
		Query:           rawJSON(a.Query),
	}
	for _, filter := range a.PathFilter {
		aggregation.PathFilter = append(aggregation.PathFilter, port.PathFilter{
			FromBlueprint: filter.FromBlueprint.ValueStringPointer(),
			Path:          plain(filter.Path),
		})
	}
	return aggregation
}

func (m *methodModel) toAPI() port.CalculationSpec {
	switch {
	case m == nil:
		return port.CalculationSpec{}
	case m.AverageEntities != nil:
		return port.CalculationSpec{
			Func:          funcAverage,
			CalculationBy: byEntities,
			AverageOf:     m.AverageEntities.AverageOf.ValueStringPointer(),
			MeasureTimeBy: m.AverageEntities.MeasureTimeBy.ValueStringPointer(),
		}
	case m.AverageByProperty != nil:
		return port.CalculationSpec{
			Func:          funcAverage,
			CalculationBy: byProperty,
			Property:      m.AverageByProperty.Property.ValueStringPointer(),
			AverageOf:     m.AverageByProperty.AverageOf.ValueStringPointer(),
			MeasureTimeBy: m.AverageByProperty.MeasureTimeBy.ValueStringPointer(),
		}
	case m.AggregateByProperty != nil:
		return port.CalculationSpec{
			Func:          m.AggregateByProperty.Func.ValueString(),
			CalculationBy: byProperty,
			Property:      m.AggregateByProperty.Property.ValueStringPointer(),
		}
	case m.CountEntities.ValueBool():
		return port.CalculationSpec{Func: funcCount, CalculationBy: byEntities}
	default:
		return port.CalculationSpec{}
	}
}

func aggregationFromAPI(aggregation port.AggregationProperty, prior aggregationModel) aggregationModel {
	fresh := aggregationModel{
		Title:       types.StringValue(aggregation.Title),
		Target:      types.StringValue(aggregation.Target),
		Description: convert.Text(aggregation.Description, prior.Description),
		Icon:        convert.Text(aggregation.Icon, prior.Icon),
		Method:      methodFromAPI(aggregation.CalculationSpec),
		Query:       keepJSON(queryFromAPI(aggregation.Query), prior.Query),
		PathFilter:  pathFiltersFromAPI(aggregation.PathFilter),
	}
	if aggregation.Title == "" && prior.Title.IsNull() {
		fresh.Title = types.StringNull()
	}
	if fresh.PathFilter == nil && prior.PathFilter != nil && len(prior.PathFilter) == 0 {
		fresh.PathFilter = []pathFilterModel{}
	}
	return fresh
}

func methodFromAPI(spec port.CalculationSpec) *methodModel {
	switch {
	case spec.Func == funcAverage && spec.CalculationBy == byEntities:
		return &methodModel{AverageEntities: &averageEntitiesModel{
			AverageOf:     textOr(spec.AverageOf, defaultAverageOf),
			MeasureTimeBy: textOr(spec.MeasureTimeBy, defaultMeasureTimeBy),
		}}
	case spec.Func == funcAverage:
		return &methodModel{AverageByProperty: &averageByPropertyModel{
			Property:      types.StringPointerValue(spec.Property),
			AverageOf:     textOr(spec.AverageOf, defaultAverageOf),
			MeasureTimeBy: textOr(spec.MeasureTimeBy, defaultMeasureTimeBy),
		}}
	case spec.CalculationBy == byProperty:
		return &methodModel{AggregateByProperty: &aggregateByPropertyModel{
			Func:     types.StringValue(spec.Func),
			Property: types.StringPointerValue(spec.Property),
		}}
	case spec.Func == funcCount:
		return &methodModel{CountEntities: types.BoolValue(true)}
	default:
		// A method that Port added later has no attribute, so that none is set.
		return &methodModel{}
	}
}

// textOr reads an optional string that means the default where it is absent.
func textOr(in *string, fallback string) types.String {
	if in == nil {
		return types.StringValue(fallback)
	}
	return types.StringValue(*in)
}

func queryFromAPI(query json.RawMessage) jsontype.Value {
	if len(query) == 0 || string(query) == "null" {
		return jsontype.Null()
	}
	return jsontype.New(string(query))
}

func pathFiltersFromAPI(filters []port.PathFilter) []pathFilterModel {
	var out []pathFilterModel
	for _, filter := range filters {
		out = append(out, pathFilterModel{FromBlueprint: types.StringPointerValue(filter.FromBlueprint), Path: wrapped(filter.Path)})
	}
	return out
}
