# The import id of an entity is <blueprint>:<identifier>.
terraform import port_entity.checkout service:checkout

# If identifiers contain colons, the id may be ambiguous. This form never is.
terraform import port_entity.checkout '{"blueprint":"service","identifier":"checkout"}'
