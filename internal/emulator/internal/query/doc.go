// Package query reads and evaluates Port's search queries: groups of rules under and/or, as used by
// search operations, aggregation properties and relations by query.
//
// It accesses entities only through the interfaces Record and Graph, which the catalog implements.
package query
