/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_KERNEL_H
#define BEYLA_KERNEL_H

/*
 * The kernel structures we touch, and of those only the fields we read. Offsets are relocated by name at load time
 * (CO-RE), so order, gaps and anonymous unions do not matter here.
 */

#include <linux/types.h>

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_SEQPACKET 5
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262
#define TCP_FLAG_FIN 0x1
#define RCV_SHUTDOWN 1
#define ECONNRESET 104
#define MSG_PEEK 0x2
#define MSG_TRUNC 0x20
#define MSG_ERRQUEUE 0x2000
#define S_IFMT 0170000
#define S_IFSOCK 0140000
/* pt_regs.flags */
#define FLAGS_CARRY 0x1
#define FLAGS_ZERO 0x40
/* task_struct.flags: a thread of io_uring's own, which works for the process that it belongs to. */
#define PF_IO_WORKER 0x10

/* include/net/tcp_states.h; the same numbers since before 5.10 and part of the inet_sock_set_state ABI. */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_FIN_WAIT2 = 5,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10,
	TCP_CLOSING = 11,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	__u32 skc_portpair; /* both of them */
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u8 sk_shutdown;
	__u16 sk_type;
	__u16 sk_protocol;
	int sk_err;
};

struct tcp_sock {
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 write_seq;
	__u32 data_segs_in;
	__u64 bytes_received;
	__u64 bytes_sent;
	__u32 snd_nxt;
	__u64 tcp_wstamp_ns;
	__u64 first_tx_mstamp;
	__u8 is_mptcp;
};

struct sk_buff {
	char cb[48];
};

struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
	__u8 tcp_flags; /* the lower half of a wider type on newer kernels */
};

struct super_block {
	__u32 s_dev;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

/* When an inode was changed last: until 6.5, until 6.10, and since. */
struct inode___6_5 {
	struct timespec64 i_ctime;
};

struct inode___6_10 {
	struct timespec64 __i_ctime;
};

struct inode___6_11 {
	__s64 i_ctime_sec;
	__u32 i_ctime_nsec;
};

struct qstr {
	union {
		struct {
			__u32 hash;
			__u32 len;
		};
		__u64 hash_len;
	};
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct socket {
	struct sock *sk;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

typedef struct {
	int counter;
} atomic_t;

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct signal_struct {
	atomic_t live;
	struct pid *pids[4];
};

struct io_uring_task;

struct thread_struct {
	unsigned long fsbase;
};

struct mm_struct {
	struct file *exe_file;
};

struct task_struct {
	unsigned int flags;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	__u64 start_time;
	int pid;
	int tgid;
	struct pid *thread_pid;
	struct io_uring_task *io_uring;
	struct files_struct *files;
	struct signal_struct *signal;
	struct thread_struct thread;
};

struct io_cmd_data {
	struct file *file;
};

struct io_cqe {
	__s32 res;
};

/* One operation of io_uring; `cmd` is the place of io_sr_msg or io_rw, depending on the opcode. */
struct io_kiocb {
	struct io_cmd_data cmd;
	__u8 opcode;
	__u32 flags; /* the lower half of a wider type on newer kernels; its first bits are those of the submission */
	struct io_cqe cqe;
};

struct io_sr_msg {
	void *buf;
	unsigned int done_io;
	__u16 flags;
};

struct io_rw {
	__u64 addr;
};

struct linux_binprm {
	int unused_;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r14;
	unsigned long r10;
	unsigned long bx;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
};
#else
#error "only x86-64 is supported so far: system call numbers and argument registers are needed here and in lib/io.h"
#endif

#pragma clang attribute pop

#endif
