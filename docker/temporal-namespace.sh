#!/bin/sh
# Makes sure of the namespace. Its search attributes are registered by the `migrate` service. Harmless to repeat.
set -eu

until temporal operator cluster health; do sleep 2; done
temporal operator namespace describe -n "$NAMESPACE" ||
  temporal operator namespace create -n "$NAMESPACE" --retention 720h
