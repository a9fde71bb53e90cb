#!/bin/sh
# tenant: signs in to the caller's own tenant, opens a ticket, answers it, reads it, and walks the pages of the list.
. "$(dirname "$0")/common.sh"

# An empty X-Tenant-ID asks for this API's answer and leaves the choice of the tenant to the address called.
token=$(call POST /api/auth/login "{\"email\":\"$email\",\"password\":\"$password\"}" 'X-Tenant-ID;' | text access_token)
ticket=$(call POST /tickets '{"title":"Invoice is wrong","category":"billing","priority":"high",
  "description":"June was billed twice."}' "Authorization: Bearer $token" | text id)
call POST "/tickets/$ticket/replies" '{"message":"We are looking into it."}' "Authorization: Bearer $token" >/dev/null
call GET "/tickets/$ticket" '' "Authorization: Bearer $token"
echo

# The list begins with the oldest; a page without a next_cursor is the last.
pages=0 cursor=
while :; do
  page=$(call GET "/tickets?limit=100&status=open${cursor:+&cursor=$cursor}" '' "Authorization: Bearer $token")
  pages=$((pages + 1))
  cursor=$(printf '%s' "$page" | text next_cursor 2>/dev/null) || break
done
echo "Pages of open tickets: $pages"
