/* SPDX-License-Identifier: Apache-2.0 */
/* Who wants no kick says so, and must not sleep through a message (virtio/virtqueue.c, rpmsg/wait.c, rpmsg/poll.c).
 *
 * One vring between two cores: the driver sends, the device receives and gives the buffers back. Each core sleeps when
 * it has nothing to do: the device without a message, the driver without a free buffer. Nothing but a kick wakes them:
 * the time-outs that a real wait has would hide what we look for.
 * A core's stores go through a buffer of one slot and reach memory at any later moment: a load may overtake a store.
 * A fence waits until the slot is empty. A lost wake-up is an end state in which somebody sleeps: invalid.
 *
 * Faults: NO_FENCE_PUBLISH, NO_FENCE_ENABLE, NO_RECHECK, FLAGS_FIRST, FORGETFUL_BELL */

#define NUM 2      /* descriptors */
#define MESSAGES 5 /* indices wrap twice: they count modulo INDEX */
#define INDEX 4

#define DRIVER 0
#define DEVICE 1

/* Memory. Of each core: the index it publishes (avail or used), its wish for no kick (the ring's flags). */
byte idx[2];
bit quiet[2] = 1; /* NO_NOTIFY: virtqueue_lay() and begin() have set it */
bit bell[2];      /* a doorbell rings until somebody has heard it */

/* The store on its way out of a core: 0 none, 1 idx, 2 quiet. */
byte pending[2];
byte value[2];

byte sent, received;

inline reach(core) {
	if
	:: pending[core] == 1 -> idx[core] = value[core]
	:: pending[core] == 2 -> quiet[core] = value[core]
	fi
	pending[core] = 0
}

proctype store_buffer(byte core) {
end:	do
	:: atomic { pending[core] != 0 -> reach(core) }
	od
}

inline store(core, what, v) {
	atomic { pending[core] == 0 -> pending[core] = what; value[core] = v }
}

inline fence(core) {
	pending[core] == 0
}

/* What a core reads of its own word it has in a local of its own: the C code reads nothing back. */

/* virtqueue_publish() and shm_kick() */
inline publish(core, index) {
#ifdef FLAGS_FIRST
	wish = quiet[1 - core];
	store(core, 1, index);
#else
	store(core, 1, index);
#ifndef NO_FENCE_PUBLISH
	fence(core);
#endif
	wish = quiet[1 - core];
#endif
	if
	:: wish == 0 -> bell[1 - core] = 1
	:: else
	fi
}

/* virtqueue_enable_cb() under shm_arm(), relax(), shm_disarm() */
inline sleep_unless_more(core, next) {
	store(core, 2, 0);
#ifndef NO_FENCE_ENABLE
	fence(core);
#endif
#ifdef NO_RECHECK
	seen = next;
#else
	seen = idx[1 - core];
#endif
#ifdef FORGETFUL_BELL
	bell[core] = 0; /* relax() that forgets what rang before it was called */
#endif
	if
	:: seen == next -> atomic { bell[core] == 1 -> bell[core] = 0 }
	:: else
	fi;
	store(core, 2, 1)
}

/* Sends whenever it has a buffer; gives its own back to itself by the used ring: virtqueue_take(), _push(). */
active proctype driver() {
	byte free = NUM, avail, used, seen;
	bit wish;

	run store_buffer(DRIVER);
	do
	:: sent < MESSAGES && free > 0 -> /* one or more in a batch */
		do
		:: sent < MESSAGES && free > 0 ->
			avail = (avail + 1) % INDEX; free--; sent++;
			if
			:: break
			:: skip
			fi
		:: !(sent < MESSAGES && free > 0) -> break
		od;
		publish(DRIVER, avail)
	:: free == 0 || sent == MESSAGES -> /* virtqueue_look(), _pop() */
		seen = idx[DEVICE];
		assert((seen - used + INDEX) % INDEX <= NUM);
		if
		:: seen != used -> free = free + (seen - used + INDEX) % INDEX; used = seen
		:: seen == used && sent == MESSAGES && free == NUM -> break
		:: seen == used && free < NUM -> sleep_unless_more(DRIVER, used)
		fi
	od;
	assert(received == MESSAGES)
}

/* rpmsg_poll() and rpmsg_wait() */
active proctype device() {
	byte avail, used, seen;
	bit wish;

	run store_buffer(DEVICE);
	do
	:: received < MESSAGES ->
		seen = idx[DRIVER];
		assert((seen - avail + INDEX) % INDEX <= NUM);
		if
		:: seen != avail -> /* takes what it has seen, or a part of it: the budget */
			do
			:: seen != avail ->
				avail = (avail + 1) % INDEX; used = (used + 1) % INDEX; received++;
				if
				:: break
				:: skip
				fi
			:: seen == avail -> break
			od;
			publish(DEVICE, used)
		:: seen == avail -> sleep_unless_more(DEVICE, avail)
		fi
	:: received == MESSAGES -> break
	od
}
