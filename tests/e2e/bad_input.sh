#!/usr/bin/env bash
# Bad input at the command line: an exit code other than 0 and a message that names the place.
set -uo pipefail
program=$1
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
failed=0
# refuse PLACE ARGUMENTS...
refuse() {
  local place=$1 out code; shift
  out=$("$program" "$@" 2>&1 </dev/null); code=$?
  if [[ $code -eq 0 || $code -ge 128 ]] || ! grep -qF -- "$place" <<<"$out"; then
    printf 'FAIL (%s) %s\nwanted: %s\ngot: %s\n' "$code" "$*" "$place" "$out"; failed=1
  fi
}
call() { local place=$1; shift; refuse "$place" call "$@" --data-dir "$data"; }
refuse "there is no command" frobnicate
refuse "--colour" tools --colour
refuse "--http-port" serve --http-port
refuse "/http/port" config --show --http-port 99999
refuse "/http/port" config --show --http-port many
refuse "/log_level" config --show --log-level loud
refuse "/mail/password" config --show --mail-password hunter2
refuse "/workspace/time_zone" config --show --workspace-time-zone Mars/Olympus
refuse "cannot be read" plan --batch "$data/none.jsonl"
refuse "--planner" plan --batch - --planner magic
call "there is no tool" nothing.here '{}'
call "not valid JSON" campaign.create '{"name":'
call "occurs twice" campaign.create '{"name":"a","name":"b"}'
call "/name" campaign.create '{}'
call "/nam" campaign.create '{"nam":"x"}'
call "/budget_amount" campaign.create '{"name":"x","budget_amount":-1,"budget_currency":"USD"}'
call "/budget_currency" campaign.create '{"name":"x","budget_amount":1}'
call "/budget_currency" campaign.create '{"name":"x","budget_amount":1,"budget_currency":"dollars"}'
call "/start_at" campaign.create '{"name":"x","start_at":"2026-02-30T00:00:00Z"}'
call "/start_at" campaign.create '{"name":"x","start_at":"2001-01-01T00:00:00Z"}'
call "/segment_id" campaign.create '{"name":"x","list_id":"lst_1","segment_id":"seg_1"}'
call "/list_id" campaign.create '{"name":"x","list_id":"lst_unknown"}'
call "/limit" campaign.list '{"limit":0}'
call "/subject" email.designTemplate '{"name":"t","subject":"{% if %}","html":"x"}'
call "/html" email.createCampaign '{"name":"t","subject":"s"}'
call "there is no campaign" campaign.getStatus '{"campaign_id":"cmp_unknown"}'
call "/to" notification.sendEmail '{"to":"nobody","template_id":"tpl_1"}'
call "/goal" campaign.plan '{}'
call "/time_zone" ai.processInput '{"text":"sell","time_zone":"Nowhere"}'
call "no transcription service" ai.voiceToText '{"audio_base64":"AAAAAAAAAAAAAAAAAAAA","file_name":"a.wav"}'
refuse "there is no approval" approve apr_unknown --data-dir "$data"
exit $failed
