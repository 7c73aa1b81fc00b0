/* The columns of a packet: time, who captured it, direction, and what its headers say. */
#include "print/print.h"

#include "pcap/savefile.h"
#include "print/dump.h"
#include "print/layers.h"
#include "print/stamp.h"

#define COLOR_END "\033[m"

void
print_init(struct print *p, const struct print_options *options,
	   struct print_flows *flows)
{
	*p = (struct print){.options = *options, .flows = flows};
}

static void
put_name(struct line *l, const struct print_packet *packet)
{
	size_t end;

	if (packet->color)
		line_str(l, packet->color);
	end = l->n + packet->name_width;
	for (size_t i = 0; i < packet->name.n; i++)
		line_escaped(l, packet->name.p[i]);
	if (packet->color) {
		line_str(l, COLOR_END);
		end += sizeof(COLOR_END) - 1;
	}
	while (l->n < end)
		line_char(l, ' ');
	if (packet->name.n > 0)
		line_str(l, "  ");
}

/* Linux' packet types (if_packet.h), in cooked headers. */
static void
put_direction(struct line *l, uint32_t linktype, struct span s)
{
	static const char *const words[] = {"In  ", "B   ", "M   ", "P   ", "Out "};
	uint16_t type;

	if (linktype == SAVEFILE_LINKTYPE_SLL && s.n >= 2)
		type = bytes_be16(s.p);
	else if (linktype == SAVEFILE_LINKTYPE_SLL2 && s.n >= 11)
		type = s.p[10];
	else
		return;
	line_str(l, type < sizeof(words) / sizeof(words[0]) ? words[type] : "?   ");
}

size_t
print_packet(struct print *p, const struct print_packet *packet, uint8_t *out)
{
	const struct print_options *o = &p->options;
	struct span dumped = packet->data;
	struct line l = {.p = (char *)out,
			 .cap = PRINT_LINE_MAX,
			 .source = packet->source,
			 .has_link = o->has_link,
			 .is_absolute = o->is_absolute,
			 .names = o->names,
			 .flows = p->flows};

	stamp_print(&l, p, packet->time_ns, packet->zone_s);
	put_name(&l, packet);
	put_direction(&l, packet->linktype, packet->data);
	link_print(&l, packet->linktype, packet->data, packet->origlen);
	l.is_over = false;
	l.cap = PRINT_MAX - 1;
	if (!o->dumps_link)
		span_take(&dumped, link_header_size(packet->linktype, dumped));
	if (o->dump != PRINT_DUMP_NONE)
		dump_print(&l, o->dump, dumped);
	l.cap++;
	line_char(&l, '\n');
	return l.n;
}
