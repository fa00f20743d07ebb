#!/bin/sh
# Runs once, when the data directory is new: a role and databases of its own for Sarraf and for Temporal.
set -eu

psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
  -v sarraf_password="$SARRAF_DB_PASSWORD" -v temporal_password="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role sarraf login password :'sarraf_password';
-- What API processes take on: held to row-level security, which the owner of the tables is not.
create role sarraf_api nologin;
grant sarraf_api to sarraf;
create database sarraf owner sarraf;
create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
SQL
