#!/usr/bin/env bash
# Checks an implementation and leaves reports: what the action for GitHub runs, on any other CI too.
#
# CBIL_COMMAND  the program and its arguments, or else
# CBIL_OBJECT   a Python object, module:name
# CBIL_OPTIONS  further options of `exact-cbil conform`
# CBIL_FOLDER   where the reports are written
# CBIL_PYTHON   the Python of the check, unless exact-cbil is installed already
#
# Exit codes: 0 it conforms, 1 it does not, 2 it could not be run.
set -euo pipefail

split() { # into `words`, as a shell splits a line, but nothing in it is run
  local lines
  words=()
  [ -n "${1//[[:space:]]/}" ] || return 0
  lines=$(xargs printf '%s\n' <<<"$1") || exit 2
  mapfile -t words <<<"$lines"
}

if ! command -v exact-cbil >/dev/null; then
  home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
  place=${RUNNER_TEMP:-$(mktemp -d)}/exact-cbil
  # What the user has installed stays in reach of a Python object.
  "${CBIL_PYTHON:-python3}" -m venv --system-site-packages "$place"
  "$place/bin/pip" install --quiet "$home"
  export PATH="$place/bin:$PATH"
fi

folder=${CBIL_FOLDER:-conformance}
mkdir -p "$folder"
rm -f "$folder"/{report.html,badge.svg,junit.xml,report.txt}

split "${CBIL_OPTIONS:-}"
line=(exact-cbil conform "${words[@]}")
line+=(--report "$folder/report.html" --badge "$folder/badge.svg" --junit "$folder/junit.xml")
[ -z "${CBIL_OBJECT:-}" ] || line+=(--object "$CBIL_OBJECT")
split "${CBIL_COMMAND:-}"
[ "${#words[@]}" = 0 ] || line+=(-- "${words[@]}")

code=0
"${line[@]}" 2>&1 | tee "$folder/report.txt" || code=$?
case $code in
  0) verdict="conforms" ;;
  1) verdict="does not conform" ;;
  *) verdict="could not be run" ;;
esac
printf 'verdict=%s\nfolder=%s\n' "$verdict" "$folder" >>"${GITHUB_OUTPUT:-/dev/null}"
# Indented, the report is text: nothing in it is markup.
{ printf '### exact-cbil: %s\n\n' "$verdict"; sed 's/^/    /' "$folder/report.txt"; } \
  >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$code"
