#ifndef SIGAP_API_ISP_PEOPLE_H
#define SIGAP_API_ISP_PEOPLE_H

#include "api/isp/internal.h"

/* Authentication, users, customers, technicians. */

enum status isp_logout(struct call *call);

#endif
