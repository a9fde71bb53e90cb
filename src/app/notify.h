#ifndef SIGAP_APP_NOTIFY_H
#define SIGAP_APP_NOTIFY_H

/* Tells the service manager that started this process what became of it (sd_notify(3), the datagram protocol to
 * $NOTIFY_SOCKET). Without one, or where it can't be reached, nothing happens: a manager that waits will say so
 * itself. `state` is "READY=1", "STOPPING=1" or "STATUS=…". */
void notify_manager(const char *state);

#endif
