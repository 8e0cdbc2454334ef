# Shared by the scripts of this folder; sourced, never run.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$root/build/deps

say() { printf '%s\n' "$*" >&2; }
heading() { printf '\n== %s\n' "$*" >&2; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# memory_limit <kilobytes> <root of the control groups> <path of ours>: the
# kilobytes, or less if our group or one above it is limited to less.
memory_limit() {
  local least=$1 root=$2 group=${3%/} bytes
  while :; do
    bytes=$(cat "$root$group/memory.max" 2>/dev/null || echo max)
    if [[ $bytes != max ]] && ((bytes / 1024 < least)); then
      least=$((bytes / 1024))
    fi
    [[ -n $group ]] || break
    group=${group%/*}
  done
  echo "$least"
}

# A compiler process of this tree takes up to 1.5 GB.
job_count() {
  local cores memory
  cores=$(nproc)
  memory=$(memory_limit "$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)" \
    /sys/fs/cgroup "$(sed -n 's/^0:://p' /proc/self/cgroup)")
  memory=$((memory / 1572864))
  ((memory > 0)) || memory=1
  echo $((cores < memory ? cores : memory))
}

# Where the machine's apt gets the Debian main archive from.
debian_mirror() {
  local option uri
  for option in '' --no-release-info; do
    # shellcheck disable=SC2086
    uri=$(apt-get indextargets $option --format \
      '$(CREATED_BY) $(COMPONENT) $(CODENAME) $(SUITE) $(REPO_URI)' |
      awk '$1 == "Packages" && $2 == "main" && !/-(security|updates)/ &&
           !/backports/ { print $NF; exit }')
    [[ -z $uri ]] || break
  done
  [[ -n $uri ]] || return 1
  echo "${uri%/}"
}

# private_apt <suite> <deb|deb-src> <apt-get argument>...: apt-get on a suite
# that the machine does not use, with lists of its own below build/deps. The
# machine's apt stays as it is; signatures are checked as always.
private_apt() {
  local suite=$1 type=$2 home=$deps/apt/$1-$2
  shift 2
  mkdir -p "$home/lists/partial" "$home/cache/archives/partial"
  if [[ ! -s $home/debian.sources ]]; then
    local mirror
    mirror=$(debian_mirror) || return 1
    printf '%s\n' "Types: $type" "URIs: $mirror" "Suites: $suite" \
      'Components: main' \
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' \
      >"$home/debian.sources"
  fi
  # The hooks of the machine's configuration are not meant for these lists.
  printf '%s\n' '#clear APT::Update::Post-Invoke;' \
    '#clear APT::Update::Post-Invoke-Success;' >"$home/apt.conf"
  apt-get -qq -c "$home/apt.conf" \
    -o APT::Sandbox::User="$(id -un)" \
    -o APT::Update::Error-Mode=any \
    -o Acquire::Retries=3 \
    -o Dir::Etc::SourceList="$home/debian.sources" \
    -o Dir::Etc::SourceParts=- \
    -o Dir::State::Lists="$home/lists" \
    -o Dir::Cache="$home/cache" "$@"
}

# build_preset <preset> [target]...: configures and builds; no target is all.
build_preset() {
  local preset=$1 log=$deps/configure-$1.log started=$SECONDS forget=()
  shift
  heading "$preset: build"
  # The rebuilt CAF may have appeared since the last configuration.
  [[ $preset != tsan ]] || forget=(-U 'CAF_*_LIBRARY')
  cd "$root"
  if ! cmake --preset "$preset" "${forget[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    fail "cmake could not configure the preset $preset"
  fi
  cmake --build --preset "$preset" -j "$(job_count)" \
    ${1:+--target "$@"}
  say "built in $((SECONDS - started)) s"
}
