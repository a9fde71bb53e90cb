# Where the desk is, who signs in, and one call that stops at an error. Read by the scripts beside it.
set -eu
url=${SIGAP_URL:-http://127.0.0.1:8080}
email=${SIGAP_EMAIL:?Say who signs in: SIGAP_EMAIL=you@example.com}
password=${SIGAP_PASSWORD:?Say the password: SIGAP_PASSWORD=…}
command -v curl >/dev/null || {
  echo 'These examples need curl: apt-get install curl' >&2
  exit 1
}

# call METHOD PATH [BODY [HEADER…]]: prints the answer; what the server refuses ends the script with its words.
call() {
  method=$1 path=$2 body=${3-}
  shift 2
  [ $# -eq 0 ] || shift
  for header in "$@"; do
    set -- "$@" -H "$header"
    shift
  done
  curl -sS --fail-with-body -X "$method" "$url$path" -H 'Content-Type: application/json' \
    ${body:+--data "$body"} "$@"
}

# text KEY: the first value of this key in the JSON that comes in (jq would be the better tool). An answer without
# it is shown instead: in a pipe nobody else hears that the call before was refused.
text() {
  answer=$(cat)
  value=$(printf '%s\n' "$answer" | tr ',{' '\n\n' | sed -n "s/^ *\"$1\" *: *\"\([^\"]*\)\".*/\1/p" | head -n 1)
  if [ -z "$value" ]; then
    printf '%s\n' "$answer" >&2
    return 1
  fi
  printf '%s\n' "$value"
}
