#include "api/isp/isp_people.h"
#include "desk/session/session.h"

enum status isp_logout(struct call *call) {
  TRY(session_end(&call->ctx));
  return isp_say(call, "Signed out");
}
