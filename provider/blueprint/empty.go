package blueprint

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// emptyModel is what an import compares an answer with: every collection in its
// empty form, which neither a configuration without it nor one that has it empty
// contradicts, and the defaults of the attributes that Port does not store.
func emptyModel(answer *port.Blueprint) *model {
	empty := &model{
		contentModel: contentModel{
			Properties:            emptyProperties(answer.Schema),
			Relations:             map[string]relationModel{},
			MirrorProperties:      map[string]mirrorModel{},
			CalculationProperties: map[string]calculationModel{},
			AggregationProperties: map[string]aggregationModel{},
		},
		localModel: localModel{
			ForceDeleteEntities: types.BoolValue(false),
			CreateCatalogPage:   types.BoolValue(true),
		},
	}
	for key := range answer.CalculationProperties {
		empty.CalculationProperties[key] = calculationModel{Colors: map[string]types.String{}}
	}
	for key := range answer.AggregationProperties {
		empty.AggregationProperties[key] = emptyAggregation()
	}
	return empty
}

// emptyProperties has every key in every map, as only the one of its type is
// looked at.
func emptyProperties(schema port.Schema) *propertiesModel {
	empty := &propertiesModel{
		String:  map[string]stringModel{},
		Number:  map[string]numberModel{},
		Boolean: map[string]booleanModel{},
		Object:  map[string]objectModel{},
		Array:   map[string]arrayModel{},
	}
	for key := range schema.Properties {
		empty.String[key] = stringModel{Enum: []types.String{}, EnumColors: map[string]types.String{}}
		empty.Number[key] = numberModel{Enum: []types.Number{}, EnumColors: map[string]types.String{}}
		empty.Array[key] = arrayModel{
			StringItems: &stringItemsModel{Enum: []types.String{}, EnumColors: map[string]types.String{}},
			NumberItems: &numberItemsModel{Enum: []types.Number{}, EnumColors: map[string]types.String{}},
		}
	}
	return empty
}

// emptyAggregation is an aggregation property with everything in its empty form.
func emptyAggregation() aggregationModel {
	return aggregationModel{Title: types.StringValue(""), PathFilter: []pathFilterModel{}}
}
