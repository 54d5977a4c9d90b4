/* SPDX-License-Identifier: Apache-2.0 */
/* A program in Linux that calls and serves over the stubs, as a user who may use rpmsg's nodes and nothing else. */
#ifndef TESTS_LINUX_CALLS_H
#define TESTS_LINUX_CALLS_H

#include "guest/guest.h"
#include "sensor_hub_client.h"
#include "sensor_hub_server.h"
#include "weft/chrdev_link.h"

extern struct weft_chrdev_link calls_link;

/* Open it, and its client; wait until that has its server. */
void calls_open_link(void);
void calls_connect(struct sensor_hub_client *client);

/* ---- What may be asked for, one a run of the program ---- */

void client_checks(void);
void many_checks(void);     /* calls, beside others who do the same */
void restless_checks(void); /* calls, while the link is taken away again and again */
void server_checks(void);
void missing_checks(void);       /* there is no /dev/rpmsg_ctrl0 */
void not_permitted_checks(void); /* it is not ours to use */
void mute_checks(void);          /* nor are the endpoint's */
void gone_checks(void);          /* there is no remote core */
void unknown_checks(void);       /* nor one of that name */
void killed_checks(void);        /* ends in the midst, as if killed */
void brief_checks(void);         /* a call, and in order; and order is made */

#endif
