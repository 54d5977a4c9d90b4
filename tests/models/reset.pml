/* SPDX-License-Identifier: Apache-2.0 */
/* Reset between our own cores: status, table and the two epoch words, as transport/shm/driver.c and device.c use them.
 *
 * Each side is the loop of its core: service() over and over, one access to shared memory a step. Either may die at any
 * step and boot anew, with memory as it stood or wiped word by word; an owner asks an erring driver to start again.
 * Stores reach memory in the order in which they were made: that is what the release stores are for.
 *
 * Safe:  nobody lays rings that the device still has in hand, and the device takes none in hand while they are laid.
 *        What was laid once it takes in hand once. When both are up, both have the same epoch.
 * Alive: when nobody dies any more and no rule is broken, both come up and stay up.
 *
 * Left out: a wild writer. One that puts another valid table there between ask and echo leaves a link that is up and
 * deaf; rpmsg_restart() cures it.
 *
 * Faults: TABLE_LATE, ECHO_BEFORE_DROP, LAY_BEFORE_ECHO, ECHO_ANY_STATUS, BEGIN_ANY_EPOCH, NO_WIPED_OUT,
 *         NO_FLAG_LOOK, NO_STANDS, NO_BOOT_WORD, BLIND_ECHO */

/* In all, of either side. What needs fairness has more states. */
#ifdef ALIVE
#define DEATHS 1
#else
#define DEATHS 2
#endif
#define LIES 1 /* times that a ring breaks a rule, as either side may find */

/* Epochs of a driver are 1 to 7, a waiting device's have this bit. */
#define DEVICE_BIT 8
#define NEXT(epoch) ((epoch) % 7 + 1)

mtype = { START, ASKED, WAIT, ECHO, UP, ERROR }

/* Shared memory. Garbage in the rings is of no interest, only who touches them when. */
byte driver_epoch, device_epoch;
bit status, needs_reset, table; /* DRIVER_OK; device's flags; the table is whole */

/* What each side remembers in its own memory. */
mtype driver = START, device = START;
byte driver_shm, device_shm; /* shm->epoch */
bit broken[2];               /* a queue has a fault */

/* For the properties only. */
bit laying, in_hand;
bit fresh; /* laid, and not taken in hand since */
byte deaths, lies;
bit die[2];

#define both_up (driver == UP && device == UP)

/* weft_shm_drop() */
inline driver_drop(state) { atomic { driver = state; broken[0] = 0 } }
inline device_drop(state) { atomic { device = state; broken[1] = 0; in_hand = 0 } }

/* ---- The driver ---- */

inline ask() {
	old = driver_epoch;
	seen = device_epoch;
	status = 0;
#ifndef TABLE_LATE
	table = 0; /* virtio_table_write(): a copy, not at once */
	table = 1;
#endif
	/* next_epoch() */
	driver_shm = NEXT(old);
	if
	:: driver_shm == seen -> driver_shm = NEXT(driver_shm)
	:: else
	fi;
	driver_epoch = driver_shm;
#ifdef TABLE_LATE
	table = 0;
	table = 1;
#endif
	driver = ASKED
}

inline lay_out() {
	atomic { assert(!in_hand); laying = 1 }
	skip; /* virtqueue_lay(), push, publish */
	atomic { laying = 0; fresh = 1; status = 1 } /* the release store ends it */
	atomic { driver = UP; assert(device != UP || device_shm == driver_shm) }
}

/* stands(); `stand` is what it returns */
inline stands(wanted) {
	seen = driver_epoch;
	stand = (seen == driver_shm);
	if
	:: stand -> stand = (status == wanted)
	:: else
	fi
}

/* await_echo() */
inline await_echo() {
	seen = device_epoch;
	if
#ifdef LAY_BEFORE_ECHO
	:: true -> lay_out()
#endif
	:: seen != driver_shm ->
#ifndef NO_STANDS
		stands(0);
		if
		:: !stand -> ask()
		:: else
		fi
#else
		skip
#endif
	:: seen == driver_shm && needs_reset -> driver_drop(ERROR)
	:: seen == driver_shm && !needs_reset -> lay_out()
	fi
}

inline watch() {
	if
	:: broken[0] -> driver_drop(ERROR)
	:: else ->
		seen = device_epoch;
		stand = (seen == driver_shm);
#ifndef NO_STANDS
		if
		:: stand -> stands(1)
		:: else
		fi;
#endif
		if
		:: !stand -> driver_drop(START)
		:: stand && needs_reset -> driver_drop(ERROR)
		:: else
		fi
	fi
}

/* A boot loader that clears what it finds; nondeterministic. */
inline boot() {
	if
	:: table = 0; status = 0; driver_epoch = 0; device_epoch = 0; needs_reset = 0
	:: skip
	fi
}

/* driver_service(). A driver in error is asked by its owner, who always says "again": rpmsg_restart() */
active proctype driver_core() {
	byte old, seen;
	bit stand;

	do
	:: { boot();
	     do
	     :: driver == UP -> watch()
	     :: driver == START -> ask()
	     :: driver == ASKED -> await_echo()
	     :: driver == ERROR -> driver_drop(START)
	     od
	   } unless {
		atomic {
			die[0] -> die[0] = 0; driver = START; driver_shm = 0; broken[0] = 0; laying = 0;
			old = 0; seen = 0; stand = 0
		}
	   }
	od
}

/* ---- The device ---- */

inline announce_boot() {
	seen = device_epoch;
	device_shm = 0;
	needs_reset = 0;
#ifndef NO_BOOT_WORD
	device_epoch = ((seen + 1) % DEVICE_BIT) | DEVICE_BIT;
#endif
	device = WAIT
}

inline say_needs_reset() {
	device_drop(ERROR);
	needs_reset = 1;
	device_epoch = device_shm
}

inline echo() {
#ifdef ECHO_BEFORE_DROP
	device_epoch = epoch;
	skip; /* the callback that runs meanwhile */
#endif
	device_drop(ECHO);
	device_shm = epoch;
	if
#ifndef BLIND_ECHO
	:: !table -> say_needs_reset()
#else
	:: !table -> assert(0) /* rings where nobody laid them */
#endif
	:: table ->
		needs_reset = 0;
		device_epoch = epoch
	fi
}

/* begin() and weft_shm_up() */
inline begin() {
	atomic { assert(!laying && fresh); fresh = 0; in_hand = 1; device = UP; assert(driver != UP || device_shm == driver_shm) }
}

inline device_service() {
#ifndef NO_WIPED_OUT
	if
	:: device == ECHO || device == UP || device == ERROR ->
		seen = device_epoch;
		if
		:: seen != device_shm -> device_drop(START)
#ifndef NO_FLAG_LOOK
		:: seen == device_shm && device == ERROR && !needs_reset -> device_drop(START)
#endif
		:: else
		fi
	:: else
	fi;
#endif
	if
	:: device == START -> announce_boot()
	:: else
	fi;
	epoch = driver_epoch;
	another = (epoch != device_shm && epoch != 0);
#ifndef ECHO_ANY_STATUS
	if
	:: another -> another = (status == 0)
	:: else
	fi;
#endif
	if
	:: another -> echo()
	:: !another && epoch != device_shm && device == UP -> device_drop(START)
#ifdef BEGIN_ANY_EPOCH
	:: !another && device == ECHO ->
#else
	:: epoch == device_shm && device == ECHO ->
#endif
		if
		:: status == 1 -> begin()
		:: else
		fi
	:: else
	fi;
	if
	:: device != ERROR && broken[1] -> say_needs_reset()
	:: else
	fi
}

active proctype device_core() {
	byte seen, epoch;
	bit another;

	do
	:: { boot();
	     do
	     :: true -> device_service()
	     od
	   } unless {
		atomic {
			die[1] -> die[1] = 0; device = START; device_shm = 0; broken[1] = 0; in_hand = 0;
			seen = 0; epoch = 0; another = 0
		}
	   }
	od
}

/* ---- Who dies, and who finds a ring broken ---- */

active proctype fate() {
	do
	:: atomic { deaths < DEATHS -> deaths++; die[0] = 1 }
	:: atomic { deaths < DEATHS -> deaths++; die[1] = 1 }
	:: atomic { lies < LIES && driver == UP -> lies++; broken[0] = 1 }
	:: atomic { lies < LIES && device == UP -> lies++; broken[1] = 1 }
	:: break
	od
}

#ifdef ALIVE
ltl alive { <>[] both_up }
#endif
