#!/bin/sh
# tools/setup.sh on machines that lack things: with its own copy of tools/ and a PATH on which apt-get,
# dpkg-query, sudo, id and npm are played by the small programs below.
# usage: test_setup.sh ROOT
set -u
root=$(realpath "$1")
# shellcheck source=tests/harness/tap.sh
. "$root/tests/harness/tap.sh"

play() { # NAME, body on standard input: a program on the PATH
  { printf '#!/bin/sh\ncd %s\n' "$dir" && cat; } > "$dir/bin/$1"
  chmod +x "$dir/bin/$1"
}

# A machine with two packages on its lists, of which `libthing` is installed; we are root.
machine() {
  mkdir -p bin src
  cp -r "$root/tools" tools
  for name in sh awk cat chmod cp dirname env flock grep mkdir mktemp mv rm sha512sum tar gzip timeout touch tr ar \
    sed as ls head; do
    ln -s "$(command -v "$name")" bin/
  done
  play true < /dev/null
  printf '# comment\nlibthing  -  why\nlibother  -  why\n' > tools/packages/demo.list
  printf 'checker  checker-command  why\n' > tools/packages/check.list
  printf 'debugger  -  why\n' > tools/packages/dev.list
  printf 'libthing\n' > installed
  echo 0 > uid
  play id << 'EOF'
cat uid
EOF
  play dpkg-query << 'EOF'
status=0
shift 2
for name; do
  if grep -qx "$name" installed; then echo "$name installed"; else status=1; fi
done
exit $status
EOF
  play apt-get << 'EOF'
echo "$DEBIAN_FRONTEND $*" >> apt.log
[ ! -f apt.fails ] || exit 100
case " $* " in *' install '*)
  [ ! -f apt.waits ] || until grep -q waiting second; do :; done
  take=
  for word; do
    [ -z "$take" ] || echo "$word" >> installed
    [ "$word" != --no-install-recommends ] || take=yes
  done ;;
esac
EOF
  # The grammar: two files of C in a tarball that npm would fetch.
  mkdir -p grammar/package/src
  echo 'int parser(void); int parser(void) { return 1; }' > grammar/package/src/parser.c
  echo 'int scanner(void); int scanner(void) { return 2; }' > grammar/package/src/scanner.c
  echo licence > grammar/package/LICENSE
  tar -czf grammar.tgz -C grammar package
  sed "s,-$,tree-sitter-bash-0.23.3.tgz," << EOF > tools/packages/tree-sitter-bash.sha512
$(sha512sum < grammar.tgz)
EOF
  play npm << 'EOF'
echo "$*" >> npm.log
[ ! -f npm.fails ] || { echo 'npm error network' && exit 1; }
while [ "$1" != --cache ]; do shift; done
cp grammar.tgz "${2%/cache}/tree-sitter-bash-0.23.3.tgz"
EOF
  real_cc=$(command -v cc)
  play cc << EOF
if [ "\$1" = --version ]; then cat compiler; exit; fi
echo "\$*" >> cc.log
exec $real_cc "\$@"
EOF
  echo 'cc 12' > compiler
}
setup() { run env -i PATH="$dir/bin" "$@" "$dir/tools/setup.sh" "${list:-demo}"; }
whole() { # nothing is missing
  machine
  echo libother >> installed
  setup
  status_is 0
}
logged() { # FILE COUNT
  n=0
  [ ! -f "$1" ] || n=$(wc -l < "$1")
  [ "$n" -eq "$2" ] || fail "$1 has $n lines and should have $2"
}

only_what_is_missing_is_installed_and_said_in_one_line() {
  machine
  setup
  status_is 0
  [ "$(head -n 1 out)" = 'installing 1 package with apt: libother' ] || fail 'another first line'
  logged apt.log 2
  grep -q '^noninteractive .* update$' apt.log || fail 'no update'
  grep -q '^noninteractive .* install --no-install-recommends libother$' apt.log || fail 'another install'
}

nothing_is_said_and_nothing_called_when_nothing_is_missing() {
  whole
  rm -f npm.log cc.log
  setup
  status_is 0
  output_is ''
  logged apt.log 0
  logged npm.log 0
  logged cc.log 0
}

a_list_includes_the_smaller_ones_and_a_command_stands_in_for_its_package() {
  machine
  list=dev setup
  status_is 0
  output_has 'installing 3 packages with apt: libother checker debugger'
  machine_again=$(cat installed)
  [ "$machine_again" = "$(printf 'libthing\nlibother\nchecker\ndebugger')" ] || fail "installed: $machine_again"
  printf 'libthing\nlibother\n' > installed
  play checker-command < /dev/null
  list=check setup
  status_is 0
  output_is ''
}

npm_is_only_asked_for_while_the_grammar_has_to_be_fetched() {
  machine
  printf 'libthing  -  why\nnpm  npm  why\n' > tools/packages/demo.list
  mv bin/npm npm.later
  setup
  status_is 1
  output_has 'installing 1 package with apt: npm'
  mkdir -p .deps
  cp grammar.tgz .deps/tree-sitter-bash-0.23.3.tgz
  rm apt.log
  printf 'libthing\n' > installed
  setup
  status_is 0
  logged apt.log 0
}

without_rights_the_command_to_run_by_hand_is_named() {
  machine
  echo 1000 > uid
  setup
  status_is 1
  output_has 'missing: 1 package, and there is no sudo'
  output_has 'sudo apt-get update && sudo apt-get install --no-install-recommends libother'
  play sudo << 'EOF'
exit 1
EOF
  setup
  status_is 1
  output_has 'sudo asks for a password'
  logged apt.log 0
}

sudo_without_a_password_is_used() {
  machine
  echo 1000 > uid
  play sudo << 'EOF'
echo "$*" >> sudo.log
shift
exec "$@"
EOF
  setup
  status_is 0
  logged sudo.log 3
  grep -q '^-n env DEBIAN_FRONTEND=noninteractive apt-get .*install' sudo.log || fail 'not through sudo'
  [ "$(grep -vc '^-n ' sudo.log)" -eq 0 ] || fail 'sudo could ask'
}

an_apt_that_fails_is_told_with_what_to_do() {
  machine
  : > apt.fails
  setup
  status_is 1
  output_has 'error: apt-get install failed'
  output_has 'sudo apt-get install --no-install-recommends libother'
}

another_system_is_named_and_can_go_on_by_hand() {
  machine
  rm bin/apt-get bin/dpkg-query
  setup
  status_is 1
  output_has 'this is not a Debian system'
  output_has 'PRUSIK_NO_APT=1: libthing libother'
  setup PRUSIK_NO_APT=1
  status_is 0
  [ -f .deps/tree-sitter-bash/libtree-sitter-bash.a ] || fail 'no grammar'
}

the_grammar_is_fetched_and_compiled_once_and_compiled_again_for_another_compiler() {
  whole
  output_has 'fetching tree-sitter-bash-0.23.3 with npm'
  logged npm.log 1
  grep -q '^pack tree-sitter-bash@0.23.3 --ignore-scripts ' npm.log || fail 'npm was called otherwise'
  logged cc.log 2
  echo 'cc 13' > compiler
  setup
  status_is 0
  output_is 'compiling the bash grammar'
  logged npm.log 1
  logged cc.log 4
  ar t .deps/tree-sitter-bash/libtree-sitter-bash.a | tr '\n' ' ' | grep -qx 'parser.o scanner.o ' || fail 'members'
  [ -z "$(ls -d .deps/tmp.* 2> /dev/null)" ] || fail 'something was left behind'
}

a_grammar_that_is_not_the_pinned_one_is_refused() {
  machine
  echo libother >> installed
  echo 'int evil(void); int evil(void) { return 3; }' >> grammar/package/src/parser.c
  tar -czf grammar.tgz -C grammar package
  setup
  status_is 1
  output_has 'is not what tools/packages/tree-sitter-bash.sha512 names'
  [ ! -f .deps/tree-sitter-bash/libtree-sitter-bash.a ] || fail 'it was compiled'
  logged cc.log 0
}

an_npm_that_fails_is_told_with_what_to_do() {
  machine
  echo libother >> installed
  : > npm.fails
  setup
  status_is 1
  output_has 'npm error network'
  output_has 'without a network put the file at .deps/tree-sitter-bash-0.23.3.tgz'
}

two_at_once_install_once() {
  machine
  : > apt.waits
  : > second
  env -i PATH="$dir/bin" "$dir/tools/setup.sh" demo > first 2>&1 &
  until [ -f apt.log ] && [ "$(wc -l < apt.log)" -eq 2 ]; do :; done # it has the lock and installs
  env -i PATH="$dir/bin" "$dir/tools/setup.sh" demo > second 2>&1 || fail 'the second failed'
  wait $! || fail 'the first failed'
  grep -q 'installing 1 package' first || fail 'the first did not install'
  [ "$(cat second)" = 'waiting for another set-up of this folder' ] || fail "the second said: $(cat second)"
  logged apt.log 2
  logged npm.log 1
}

it_needs_no_standard_input() {
  machine
  setup <&-
  status_is 0
}

a_wrong_word_is_told() {
  machine
  list=nonsense setup
  status_is 2
  output_has 'usage:'
}

tap only_what_is_missing_is_installed_and_said_in_one_line \
  nothing_is_said_and_nothing_called_when_nothing_is_missing \
  a_list_includes_the_smaller_ones_and_a_command_stands_in_for_its_package \
  npm_is_only_asked_for_while_the_grammar_has_to_be_fetched \
  without_rights_the_command_to_run_by_hand_is_named \
  sudo_without_a_password_is_used \
  an_apt_that_fails_is_told_with_what_to_do \
  another_system_is_named_and_can_go_on_by_hand \
  the_grammar_is_fetched_and_compiled_once_and_compiled_again_for_another_compiler \
  a_grammar_that_is_not_the_pinned_one_is_refused \
  an_npm_that_fails_is_told_with_what_to_do \
  two_at_once_install_once \
  it_needs_no_standard_input \
  a_wrong_word_is_told
