# shellcheck shell=bash disable=SC2154,SC2034 # run.sh and lib.sh share variables
# The git repository that a runbook deploys from, and the build in it.

make_repo=$root/services/botctl/make-repo.sh

test_same_source_gives_same_hashes() {
  (umask 077 && HOME=/nonexistent TZ=Asia/Tokyo GIT_AUTHOR_NAME=me "$make_repo" again)
  for tag in v1 v2 v3; do
    same "$(git -C again/origin.git rev-parse "$tag")" "$(git -C "$work/repo/origin.git" rev-parse "$tag")" "$tag"
  done
  same "$(git -C again/origin.git rev-list --count v3)" 3 'the number of commits'
  same "$(git -C again/app rev-parse HEAD)" "$(git -C again/app rev-parse v1)" 'the clone'
  same "$(git -C again/app status --porcelain)" '' 'the state of the clone'
  same "$(git -C again/app log -1 --format='%an %ae %cI' v2)" \
    'Bot Team bots@example.com 2025-07-07T10:00:00+00:00' 'the commit'
}

test_publish_moves_main_forward_only() {
  "$make_repo" here
  local origin=$PWD/here/origin.git
  same "$(git -C "$origin" rev-parse main)" "$(git -C "$origin" rev-parse v1)" 'main at first'
  contains "$("$make_repo" here publish v2)" 'main is at v2'
  git -C here/app pull -q origin main
  same "$(git -C here/app rev-parse HEAD)" "$(git -C "$origin" rev-parse v2)" 'the clone after the pull'
  "$make_repo" here publish v3
  ! "$make_repo" here publish v2 || fail 'main went back'
  ! "$make_repo" here publish v9 || fail 'there is no v9'
  ! "$make_repo" here || fail 'a repository was overwritten'
  same "$(git -C "$origin" rev-parse main)" "$(git -C "$origin" rev-parse v3)" 'main at last'
}

test_a_build_follows_the_checkout() {
  "$make_repo" here
  cd here/app || exit
  make -s -j2
  same "$(bin/botctl --version)" "botctl v1 ($(git rev-parse --short=7 v1))" 'the version'
  same "$(git status --porcelain)" '' 'what the build left in the clone'
  "$make_repo" .. publish v3
  git pull -q origin main
  make -s -j2
  same "$(bin/botctl --version)" "botctl v3 ($(git rev-parse --short=7 v3))" 'the version after the pull'
  git reset -q --hard v1 # the way back
  make -s -j2
  same "$(bin/botctl --version)" "botctl v1 ($(git rev-parse --short=7 v1))" 'the version after the reset'
  same "$(DATABASE_URL=sqlite:none.db bin/botctl migrate status | head -n 1)" \
    'schema version 0, latest 1, pending: 1_initial' 'the migrations in it'
  same "$(make -s | grep -c CC || :)" 0 'what a second make compiles'
}

test_the_repository_tests_and_installs_itself() {
  local release=$1
  make -s -C "$work/$release" test
  make -s -C "$work/$release" install PREFIX="$PWD/opt"
  contains "$(opt/bin/botctl --version)" "botctl $release ("
  contains "$(cat opt/share/botctl/botctl.service)" "ExecStart=$PWD/opt/bin/botctl serve"
}

test_a_build_without_libpq_says_so() {
  "$make_repo" tree-v2 tree v2
  make -s -j2 -C tree-v2 PQ=no
  ! DATABASE_URL=postgresql:///x tree-v2/bin/botctl migrate status > out 2>&1 || fail 'it has PostgreSQL'
  contains "$(cat out)" 'built without PostgreSQL: install libpq-dev'
  same "$(tree-v2/bin/botctl --version)" 'botctl v2 (unknown)' 'the version without git'
}

test_a_missing_library_is_named() {
  ! PKG_CONFIG=false make -C "$work/v1" > out 2>&1 || fail 'it built without libraries'
  contains "$(cat out)" 'apt-get install'
}

test_selftest_of_botload() {
  make -s -C "$work/services/loadgen" test
}

cases_repository() {
  run_test 'the same source gives the same commit hashes' test_same_source_gives_same_hashes
  run_test 'publish moves main of origin forward only' test_publish_moves_main_forward_only
  run_test 'a build follows the checkout forth and back' test_a_build_follows_the_checkout
  for release in v1 v2 v3; do
    run_test "$release: make test and make install" test_the_repository_tests_and_installs_itself "$release"
  done
  run_test 'a build without libpq says so' test_a_build_without_libpq_says_so
  run_test 'a missing library is named' test_a_missing_library_is_named
  run_test 'the self test of botload' test_selftest_of_botload
}
