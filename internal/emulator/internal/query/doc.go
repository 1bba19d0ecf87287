// Package query reads and evaluates Port's search queries: groups of rules under
// and/or, as the search operations, aggregation properties and relations by
// query take them.
//
// It knows entities only through the interfaces Record and Graph, which the
// catalog implements.
package query
