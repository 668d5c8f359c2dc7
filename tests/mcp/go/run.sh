#!/bin/sh
# Builds the client from the modules that `./dev install test` fetched, and runs it. Exit code 77: it cannot be built here.
set -eu
cd "$(dirname "$0")"
command -v go >/dev/null || { echo 'go is not installed'; exit 77; }
export GOPROXY=off GOTOOLCHAIN=local GOFLAGS=-mod=readonly
go mod download 2>&1 || { echo "the Go modules were not fetched, or $(go version) is too old for go.mod"; exit 77; }
program=../../../build/clients/go-client
mkdir -p "$(dirname "$program")"
go build -o "$program" .
exec "$program" "$@"
