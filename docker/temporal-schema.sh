#!/bin/sh
# Brings both of Temporal's databases up to the schema of this server version. Harmless to repeat.
# The password comes in SQL_PASSWORD, which temporal-sql-tool reads.
set -eu

schema() {
  temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db "$1" "$2" "$3" "$4"
}

for pair in temporal:temporal temporal_visibility:visibility; do
  database="${pair%%:*}"
  directory="/etc/temporal/schema/postgresql/v12/${pair##*:}/versioned"
  schema "$database" setup-schema -v 0.0
  schema "$database" update-schema -d "$directory"
done
