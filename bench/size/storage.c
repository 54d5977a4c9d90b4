/* SPDX-License-Identifier: Apache-2.0 */
/* What the application gives of its memory, one array a struct: their sizes are read from the object file. */
#include "weft/client.h"
#include "weft/rpmsg.h"
#include "weft/server.h"
#include "weft/shm.h"

char size_of_rpmsg_device[sizeof(struct rpmsg_device)];
char size_of_shm[sizeof(struct weft_shm)];
char size_of_port[sizeof(struct weft_port)];
char size_of_descriptor[sizeof(struct virtqueue_entry)];
char size_of_endpoint[sizeof(struct rpmsg_endpoint)];
char size_of_endpoint_slot[sizeof(struct rpmsg_endpoint *)];
char size_of_channel[sizeof(struct rpmsg_channel)];
char size_of_client[sizeof(struct weft_client)];
char size_of_call[sizeof(struct weft_call)];
char size_of_call_slot[sizeof(struct weft_call *)];
char size_of_server[sizeof(struct weft_server)];
char size_of_server_slot[sizeof(struct weft_server_slot)];
