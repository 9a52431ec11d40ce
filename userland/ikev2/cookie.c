// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A cookie is <version, PRF(secret of that version, Ni | IPi | port | SPIi)>, as RFC 7296 section 2.6 suggests. The
 * secret changes every minute; the one before it stays good, so no honest peer fails on the edge.
 */
#include "cookie.h"
#include "core_state.h"
#include "memory.h"

#define SECRET_LIFE_MS 60000

static void refresh(struct ike_core *core)
{
	struct cookie_secrets *c = &core->cookies;

	if (!c->seeded) {
		core_random(core, c->secret, sizeof(c->secret));
		c->seeded = true;
		c->since = core->now;
		return;
	}
	if (core->now < c->since + SECRET_LIFE_MS)
		return;
	/* After a long silence both secrets are old. */
	if (core->now >= c->since + 2 * SECRET_LIFE_MS)
		core_random(core, c->secret[c->version & 1], sizeof(c->secret[0]));
	c->version++;
	c->since = core->now;
	core_random(core, c->secret[c->version & 1], sizeof(c->secret[0]));
}

static bool compute(const struct cookie_secrets *c, uint8_t version, struct ike_bytes nonce,
		    const struct ike_addr *remote, uint64_t spi_i, uint8_t out[COOKIE_LEN])
{
	uint8_t port[2] = { (uint8_t)(remote->port >> 8), (uint8_t)remote->port };
	struct ike_bytes in[] = {
		nonce,
		{ remote->bytes, ike_addr_size(remote) },
		{ port, sizeof(port) },
		{ (const uint8_t *)&spi_i, sizeof(spi_i) },
	};

	out[0] = version;
	return ike_prf(5 /* PRF_HMAC_SHA2_256 */, c->secret[version & 1], sizeof(c->secret[0]), in,
		       sizeof(in) / sizeof(*in), out + 1);
}

void cookie_make(struct ike_core *core, struct ike_bytes nonce, const struct ike_addr *remote, uint64_t spi_i,
		 uint8_t out[COOKIE_LEN])
{
	refresh(core);
	if (!compute(&core->cookies, core->cookies.version, nonce, remote, spi_i, out))
		memset(out, 0, COOKIE_LEN);
}

bool cookie_check(struct ike_core *core, struct ike_bytes cookie, struct ike_bytes nonce,
		  const struct ike_addr *remote, uint64_t spi_i)
{
	uint8_t want[COOKIE_LEN];

	refresh(core);
	if (cookie.len != COOKIE_LEN || (uint8_t)(core->cookies.version - cookie.data[0]) > 1)
		return false;
	return compute(&core->cookies, cookie.data[0], nonce, remote, spi_i, want) &&
	       ike_equal_secret(want, cookie.data, sizeof(want));
}
