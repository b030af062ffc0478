// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Never loaded: its BTF holds every type of event.h and tables.h, from which packages/core/src/events/layout.gen.ts is generated. */
#include <linux/types.h>
#include "event.h"
#include "tables.h"

struct event_types {
	struct turn_record turn;
	struct head_record head;
	struct close_record close;
	struct process_record process;
	struct executable_key executable_key;
	struct exec_record exec;
	struct listen_record listen;
	struct connection connection;
	struct port_key port_key;
	struct port_value port_value;
	struct tap_runtime tap_runtime;
	struct selection_rules selection_rules;
	enum executable_flag executable_flag;
	enum tap_runtime_kind tap_runtime_kind;
	enum record_kind kind;
	enum record_flag flag;
	enum direction direction;
	enum role role;
	enum verdict verdict;
	enum counter counter;
} event_types;
