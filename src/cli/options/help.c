/* --help: which flags stand together, and the words around them. The flags' own words are in
 * the table. */
#include "cli/options/help.h"

#include <assert.h>

static const struct group {
	const char *title;
	const char *flags; /* names, in order */
} groups[] = {
    {"Targets, one or more:\n"
     "  [LABEL=][http[s]://][USER:PASSWORD@]HOST[:PORT][/PATH][?QUERY]\n"
     "                         a ddump-worker, or a proxy in front of one; the port\n"
     "                         is 8475, the path /capture; QUERY is the worker's\n"
     "                         (GET / on it lists the parameters) and comes before\n"
     "                         the options; LABEL names the target in all output\n"
     "  dns+http[s]://NAME     every address of NAME, each a target\n"
     "  unix:PATH              a worker on this host\n"
     "  ssh://[USER@]HOST[:PORT][?QUERY]\n"
     "                         a host with nothing installed, by your ssh\n"
     "  exec:COMMAND           a shell command that writes a capture\n"
     "  exec+sh:PREFIX         as ssh://, by a command that runs the words behind it:\n"
     "                         docker exec -i web\n"
     "  FILE, FIFO, -          a capture file, a named pipe, standard input\n"
     "  db1,db2 db[1-9] @FILE  each of the list, of the range, of the lines of FILE\n",
     "targets read ipv4 ipv6 wait retry connect-timeout require-all"},
    {"What is captured:\n"
     "  ddump -f 'tcp port 5432' -i eth0 -s 128 -d 1m db1 db2 -w db.pcap\n",
     "filter filter-file interface list-interfaces snaplen direction count duration "
     "no-promiscuous-mode"},
    {"Output:\n"
     "  ddump db1 db2 -w cap.pcapng --rotate-size 100M --rotate-keep 10\n"
     "  ddump --format pcapng db1 db2 | wireshark -k -i -\n",
     "write format names linktype time-stamp-precision rotate-size rotate-every rotate-keep "
     "packet-buffered"},
    {"Printing, as tcpdump does:\n"
     "  ddump -P -tttt -f icmp db1 db2\n",
     "print color n l t tt ttt tttt ttttt e S x xx X XX A AA"},
    {"Where packets die:\n"
     "  ddump --path -d 60 -f 'tcp port 5432' web1 fw1 db1\n",
     "path path-json path-wait path-memory expect"},
    {"Order:\n"
     "  ddump --hold-back 1s --buffer 256M db1 db2 | tcpdump -nr -\n",
     "hold-back slack buffer align-clocks"},
    {"Access:\n"
     "  ddump --ca ca.pem --cert me.pem --key me.key https://db1:443 -w db.pcap\n",
     "ssh ssh-jobs sudo user header netrc proxy ca cacert cert key key-pass-file "
     "insecure tls-max"},
    {"Messages:\n"
     "  ddump -q --stats-json sums.json -d 10 db1 db2 -w db.pcap\n",
     "progress stats-json quiet verbose version help"},
};

static const char words[] =
    "Words:\n"
    "  TIME       a number with ns, us, ms, s, m or h; without one, seconds\n"
    "  SIZE       bytes, or a number with K, M or G (1024, not 1000)\n"
    "  link type  the header in front of a packet, as in tcpdump -L; sll and sll2 are\n"
    "             Linux cooked headers, which carry the direction\n"
    "  watermark  a worker's promise, 20 times a second, that nothing older follows\n"
    "  hold-back  how long a packet may wait for older ones of other targets\n"
    "  late       older than what was written already; written at once, and counted\n"
    "  lost       a target whose stream was cut; ddump connects again\n"
    "\n"
    "Exit status: 0 success, 1 nothing captured or written, 2 usage, 3 success, but a\n"
    "target failed. See ddump(1), ddump-worker(8).\n";

void
help_put(const struct flag_table *table, struct text *out)
{
	size_t n = 0;

	text_str(out, "usage: ddump [options] TARGET...\n"
		      "Captures packets on many hosts and merges them into one stream in "
		      "time order.\n");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct span names = span_str(groups[i].flags);

		text_char(out, '\n');
		text_str(out, groups[i].title);
		for (; names.n > 0; n++)
			flag_put_row(flag_find(table, span_split(&names, ' ')), "--",
				     out);
	}
	assert(n == table->n); /* each stands in one group */
	text_char(out, '\n');
	text_str(out, words);
}
