/* SPDX-License-Identifier: Apache-2.0 */
/* A call's life (rpc/start.c, rpc/call.c, rpc/client.c; rpc/request.c): one slot in the client's table, one at the
 * server, calls one after the other through both. What stands under the lock in C is atomic here.
 *
 * Two contexts at the client: who starts, cancels and waits, and who polls: replies, deadlines, the link. Two at the
 * server: who polls, and who answers by token later. Deadlines come at any moment.
 * The link may go down and come again, with all that was under way.
 *
 * Safe:  a call ends once; it is not touched when it is over; a reply never ends another call than it answers; of one
 *        token one answer goes out, and none for a call of another use of the slot.
 * Alive: every call that was started ends.
 *
 * Faults: NO_GENERATION, NO_CALL_ID, NOT_TAKEN, TWO_ANSWERS, NO_LIFE, LIFE_AFTER_CLAIM */

#define CALLS 2
#define LOSSES 1 /* of the link */
#define NONE 0

/* Of each call, by its number: ends, and whether its storage is the owner's. For the properties only. */
byte ends[CALLS + 1];
bit started[CALLS + 1];
byte born[CALLS + 1]; /* in which life of the link */

/* client->calls[0]; call->id is the number, which is what sequence * slots + slot comes to with one slot. */
byte table = NONE;
bit up = 1;
byte losses, last;
bit forgets; /* the link's fall is still to be told to the server */

/* The wire: a call's id, and what the reply is really about. */
chan requests = [2] of { byte };
chan replies = [2] of { byte, byte };

/* ---- Client ---- */

/* weft_call_finish(): the last touch */
inline finish(which) {
	atomic {
		assert(started[which] && ends[which] == 0);
		ends[which] = 1
	}
}

/* weft_call_take() and take_by_id(): who takes it out of the table ends it */
inline take(which, wanted) {
	atomic {
		which = NONE;
		if
#ifdef NO_CALL_ID
		:: table != NONE -> which = table
#else
		:: table == wanted -> which = table /* check_call_id() */
#endif
		:: else
		fi;
#ifndef NOT_TAKEN
		if
		:: which != NONE -> table = NONE
		:: else
		fi
#endif
	}
#ifdef NOT_TAKEN
	atomic {
		if
		:: which != NONE -> table = NONE
		:: else
		fi
	}
#endif
}

/* weft_client_start(), which may be followed by weft_call_cancel(); then the storage is used again for the next. */
active proctype owner() {
	byte mine, taken;

	do
	:: last < CALLS ->
		atomic {
			table == NONE -> last++; mine = last; table = mine; started[mine] = 1
		}
		atomic {
			if
			:: up && len(requests) < 2 -> requests!mine; taken = NONE; born[mine] = losses
			:: else -> taken = mine /* transmit() failed: not started, unless it has ended */
			fi
		}
		if
		:: taken != NONE ->
			take(taken, mine);
			if
			:: taken != NONE -> finish(taken)
			:: else
			fi
		:: else ->
			if
			:: take(taken, mine);
			   if
			   :: taken != NONE -> finish(taken) /* cancelled, or wait_for() has found it due */
			   :: else
			   fi
			:: skip
			fi
		fi;
		atomic { ends[mine] == 1 -> mine = 0; taken = 0 } /* until then the storage is the call's */
	:: last == CALLS -> break
	od
}

/* client_receive() and weft_client_reply(); weft_client_expire(); client_link(): weft_client_fail() */
active proctype client_poller() {
	byte id, about, taken;

end:	do
	:: atomic { up && len(replies) > 0 -> replies?id, about }
		take(taken, id);
		atomic {
			if
			:: taken != NONE ->
				assert(taken == about);
				finish(taken)
			:: else /* counted as stray */
			fi;
			id = 0; about = 0; taken = 0
		}
	:: atomic { table != NONE -> id = table } /* DEADLINE_EXCEEDED; or UNAVAILABLE, when the link is down */
		take(taken, id);
		atomic {
			if
			:: taken != NONE -> finish(taken)
			:: else
			fi;
			id = 0; taken = 0
		}
	:: atomic { !up && table == NONE && !forgets -> up = 1 }
	od
}

/* ---- Server ---- */

mtype = { FREE, SERVING, DEFERRED, ANSWERING }

mtype slot = FREE;
byte slot_call, slot_token, slot_life, sequence;
byte server_life; /* server->life */

/* What the application keeps to answer later, and which call it was for. */
chan tokens = [1] of { byte, byte };
byte answered[CALLS + 2]; /* by token: answers that went out */

/* move(): from a state to another, of that use of the slot */
inline move(of_token, from, to, moved) {
	atomic {
#ifdef NO_GENERATION
		moved = (slot == from);
#else
		moved = (slot_token == of_token && slot == from);
#endif
		if
		:: moved -> slot = to
		:: else
		fi
	}
}

/* send_answer(): the frame says the slot's call; `really` is the call that was served. The buffer was lent in a life of
 * the link, and is refused in another. */
inline answer(of_token, to, really, of_life) {
	atomic {
		if
		:: up && of_life == losses && len(replies) < 2 ->
			answered[of_token]++;
			assert(answered[of_token] <= 1);
			assert(born[really] == losses);
			replies!to, really
		:: else /* the link went while we served: counted */
		fi
	}
}

/* weft_server_take(), serve(), weft_server_look(): expire(); server_link(): weft_server_forget() */
active proctype server_poller() {
	byte call, token;
	bit ok, same;

end:	do
	:: atomic { up && slot == FREE && len(requests) > 0 ->
			requests?call; sequence++; token = sequence;
			slot = SERVING; slot_token = token; slot_call = call; slot_life = server_life
		}
		if
		:: /* its handler answers at once */
			move(token, SERVING, FREE, ok);
			if
			:: ok -> answer(token, call, call, losses)
			:: else /* answered already, by its token */
			fi
		:: len(tokens) == 0 -> /* WEFT_DEFERRED; the token may be used before the handler returns */
			tokens!token, call;
			move(token, SERVING, DEFERRED, ok)
		fi;
		atomic { call = 0; token = 0; ok = 0 }
	:: slot == DEFERRED -> /* overdue, or cancelled: weft_server_cancel() */
		atomic { call = slot_call; token = slot_token; same = (slot_life == server_life) };
		move(token, DEFERRED, FREE, ok);
		if
		:: ok && same -> answer(token, call, call, losses)
		:: else
		fi;
		atomic { call = 0; token = 0; ok = 0; same = 0 }
	:: forgets ->
#ifndef NO_LIFE
		server_life++;
#endif
		token = slot_token;
		move(token, DEFERRED, FREE, ok);
		atomic { forgets = 0; token = 0; ok = 0 }
	od
}

/* weft_server_reply(), by any context, once or again */
active proctype answerer() {
	byte token, about, call, life, lent;
	bit ok;

end:	do
	:: tokens?token, about;
again:		atomic { /* claim() */
#ifdef NO_GENERATION
			ok = (slot == DEFERRED || slot == SERVING);
#else
			ok = (slot_token == token && (slot == DEFERRED || slot == SERVING));
#endif
			if
#ifdef TWO_ANSWERS
			:: ok -> skip
#else
			:: ok -> slot = ANSWERING
#endif
			:: else
			fi
		}
		if
		:: ok -> /* borrow(): a buffer of the life that the request is of */
#ifdef LIFE_AFTER_CLAIM
			life = server_life;
#else
			life = slot_life;
#endif
			if
			:: atomic { life == server_life && up -> lent = losses };
				call = slot_call; /* answer_of() */
#ifndef TWO_ANSWERS
				move(token, ANSWERING, FREE, ok);
#endif
				answer(token, call, about, lent)
			:: life == server_life && up -> move(token, ANSWERING, DEFERRED, ok) /* no buffer */
			:: life != server_life || !up -> move(token, ANSWERING, FREE, ok)
			fi
		:: else /* stale */
		fi;
		if
		:: goto again /* an application that answers twice, or late */
		:: atomic { true -> token = 0; about = 0; call = 0; life = 0; lent = 0; ok = 0 }
		fi
	od
}

/* ---- The link ---- */

/* Down: what is under way is lost. It comes up again when both sides have dropped all: !forgets. */
active proctype link() {
	do
	:: atomic { losses < LOSSES && up && !forgets ->
			losses++; up = 0; forgets = 1;
			do
			:: len(requests) > 0 -> requests?_
			:: len(replies) > 0 -> replies?_, _
			:: else -> break
			od
		}
	:: break
	od
}

#ifdef ALIVE
ltl every_call_ends { [] (started[1] -> <> (ends[1] == 1)) && [] (started[CALLS] -> <> (ends[CALLS] == 1)) }
#endif
