"""POST /graphql: a parser of the query language, a schema of what clients ask, checks and cost, execution."""
