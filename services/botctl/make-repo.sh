#!/bin/sh
# Make the git repository of botctl that a runbook deploys from, out of this folder.
#
#   make-repo.sh DIR               DIR/origin.git (bare; tags v1 v2 v3; main at v1) and DIR/app, a clone at v1
#   make-repo.sh DIR publish v2    what a merge does: main of DIR/origin.git moves on to v2
#   make-repo.sh DIR tree v2       only the source of a release, in DIR, without git
#
# The same source gives the same commit hashes: identity and dates are fixed, and no configuration of
# the user or the machine is read.
set -eu

usage() {
  echo 'usage: make-repo.sh DIR [publish v1|v2|v3 | tree v1|v2|v3]' >&2
  exit 2
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
releases='v1 v2 v3'
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME='Bot Team' GIT_AUTHOR_EMAIL='bots@example.com'
export GIT_COMMITTER_NAME='Bot Team' GIT_COMMITTER_EMAIL='bots@example.com'
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE || :

known_release() {
  case " $releases " in *" $1 "*) ;; *) echo "make-repo.sh: there is no release '$1'" >&2; exit 2 ;; esac
}

# What a release consists of: the common source, then what each release up to it adds or replaces.
write_tree() { # RELEASE FOLDER
  mkdir -p "$2"
  (cd "$here" && cp -R .gitignore Makefile flags.mk README.md src tools ui test contrib "$2")
  for r in $releases; do
    (cd "$here/releases/$r" && cp -R migrations src "$2")
    [ "$r" != "$1" ] || break
  done
}

date_of() { # RELEASE: the first Monday of a quarter of 2025, 10:00 UTC
  case $1 in v1) echo 2025-04-07T10:00:00Z ;; v2) echo 2025-07-07T10:00:00Z ;; v3) echo 2025-10-06T10:00:00Z ;; esac
}

commit_release() { # RELEASE: in the work tree of the current folder
  find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
  write_tree "$1" "$PWD"
  git add -A
  GIT_AUTHOR_DATE=$(date_of "$1") GIT_COMMITTER_DATE=$(date_of "$1") \
    git commit -q -F "$here/releases/$1/message"
  git tag "$1"
}

make_repositories() { # DIR
  if [ -e "$1/origin.git" ] || [ -e "$1/app" ]; then
    echo "make-repo.sh: $1 has an origin.git or app already" >&2
    exit 1
  fi
  mkdir -p "$1"
  dir=$(cd "$1" && pwd)
  work=$(mktemp -d "$dir/.make-repo.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  git init -q -b main "$work/all"
  (cd "$work/all" && for r in $releases; do commit_release "$r"; done)
  git clone -q --bare "$work/all" "$dir/origin.git"
  git --git-dir="$dir/origin.git" remote remove origin
  git --git-dir="$dir/origin.git" update-ref refs/heads/main "$(commit_of v1 "$dir")"
  git clone -q "$dir/origin.git" "$dir/app"
}

commit_of() { # RELEASE DIR
  git --git-dir="$2/origin.git" rev-parse --verify -q "refs/tags/$1^{commit}"
}

publish() { # DIR RELEASE: forward only, as a branch that others follow moves
  new=$(commit_of "$2" "$1")
  old=$(git --git-dir="$1/origin.git" rev-parse main)
  if ! git --git-dir="$1/origin.git" merge-base --is-ancestor "$old" "$new"; then
    echo "make-repo.sh: main is already beyond $2" >&2
    exit 1
  fi
  origin=$(cd "$1/origin.git" && pwd)
  git --git-dir="$origin" push -q "$origin" "$new:refs/heads/main"
  echo "main is at $2 ($(git --git-dir="$1/origin.git" rev-parse --short=7 "$new"))"
}

case $#${2:+-$2} in
1) make_repositories "$1" ;;
3-publish) known_release "$3" && publish "$1" "$3" ;;
3-tree) known_release "$3" && write_tree "$3" "$(mkdir -p "$1" && cd "$1" && pwd)" ;;
*) usage ;;
esac
