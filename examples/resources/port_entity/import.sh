# The import id of an entity is <blueprint>:<identifier>.
terraform import port_entity.checkout service:checkout

# Where one of the two holds a colon and the id could be read in two ways, this form is exact.
terraform import port_entity.checkout '{"blueprint":"service","identifier":"checkout"}'
