#!/bin/sh
# Runs once, when the data directory is new: a role and databases of its own for Sarraf and for Temporal.
set -eu

psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
  -v sarraf_password="$SARRAF_DB_PASSWORD" -v temporal_password="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role sarraf login password :'sarraf_password';
create database sarraf owner sarraf;
create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
SQL
