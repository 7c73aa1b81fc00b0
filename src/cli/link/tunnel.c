/* The answer to CONNECT. Must not know sockets, nor what goes through the tunnel. */
#include "cli/link/tunnel.h"

bool
tunnel_init(struct tunnel *t, const struct proxy *p, const struct target *target)
{
	struct text request;

	t->request_sent = 0;
	t->refusal.status = 0;
	t->reason = "";
	http_client_init(&t->http, t->head, sizeof(t->head));
	text_init(&request, t->request, sizeof(t->request));
	if (!proxy_request(p, target, &request))
		return false;
	t->request_size = request.n;
	return true;
}

static enum tunnel_result
take_head(struct tunnel *t, const struct http_response_head *head, struct span rest)
{
	if (head->status / 100 != 2) {
		refusal_begin(&t->refusal, head);
		return TUNNEL_MORE;
	}
	t->reason = "it sends more than its answer";
	return rest.n == 0 ? TUNNEL_OPEN : TUNNEL_BAD;
}

/* What is broken behind the head of a refusal does not matter. */
enum tunnel_result
tunnel_end(struct tunnel *t)
{
	if (t->refusal.status != 0)
		return TUNNEL_REFUSED;
	t->reason = "it closed the connection without an answer";
	return TUNNEL_BAD;
}

enum tunnel_result
tunnel_feed(struct tunnel *t, struct span in)
{
	enum tunnel_result result = TUNNEL_MORE;
	struct http_response_head head;
	struct span data;

	while (result == TUNNEL_MORE) {
		switch (http_client_feed(&t->http, &in, &head, &data)) {
		case HTTP_CLIENT_MORE:
			return TUNNEL_MORE;
		case HTTP_CLIENT_HEAD_DONE:
			result = take_head(t, &head, in);
			break;
		case HTTP_CLIENT_DATA:
			if (refusal_take(&t->refusal, data))
				return TUNNEL_REFUSED;
			break;
		case HTTP_CLIENT_END:
			return TUNNEL_REFUSED;
		case HTTP_CLIENT_BAD:
			t->reason = t->http.reason;
			return t->refusal.status != 0 ? TUNNEL_REFUSED : TUNNEL_BAD;
		}
	}
	return result;
}
