#!/bin/bash
# The demo as a test: all of it happens, and what it leaves is what it said.  usage: demo.sh ROOT FOLDER_OF_THE_PROGRAM
set -u
root=$1
PATH=$2:$PATH
# shellcheck source=tap.sh
. "$root/tests/harness/tap.sh"

the_main_job_from_the_first_release_to_the_record() {
  run timeout 360 "$root/tools/demo.sh" "$dir/demo" < /dev/null
  status_is 0
  output_has 'ROLLED BACK'
  output_has '0 failed'
  prusik report 2 --store "$dir/demo/journal" --json | jq -e '.outcome == "rolled-back" and
    (.rollback_reason | test("Error rate"))' > /dev/null || fail 'the second run was not rolled back for its errors'
  for id in 1 2 3; do
    run prusik verify "$id" --store "$dir/demo/journal"
    status_is 0
    output_has 'sealed'
  done
  [ ! -e "$dir/demo/botctl/run/MAINTENANCE" ] || fail 'maintenance was left on'
}


tap the_main_job_from_the_first_release_to_the_record
