#!/usr/bin/env bash
# Talks to the program of the guide as a client does, in both protocol eras.
set -euo pipefail
answers=$(printf '%s\n' \
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}' \
  '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
  '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"roll","arguments":{"dice":[3,4]}}}' \
  '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"roll","arguments":{}}}' \
  '{"jsonrpc":"2.0","id":4,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}' |
  "$1")
for expected in '"protocolVersion":"2025-11-25"' 'The sum is 7' 'dice: is required' '"resultType":"complete"'; do
  grep -qF "$expected" <<<"$answers" || { echo "missing: $expected in"; echo "$answers"; exit 1; }
done
