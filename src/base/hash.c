/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes: keyed ones for tables in memory, and FNV-1a. */
#include "base/hash.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

uint64_t lk_hash_fnv(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The secret is taken from the 16 random bytes that the kernel gives every program (getauxval(3), AT_RANDOM). */
uint64_t lk_hash_begin(void)
{
	static _Atomic uint64_t seed;
	uint64_t s = atomic_load_explicit(&seed, memory_order_relaxed);
	const void *random;

	if (s)
		return s;
	random = (const void *)getauxval(AT_RANDOM);
	if (random)
		memcpy(&s, random, sizeof(s));
	s |= 1;
	atomic_store_explicit(&seed, s, memory_order_relaxed);
	return s;
}

/* Combines the halves of a product whose factors both depend on the secret h. */
uint64_t lk_hash_add(uint64_t h, uint64_t a, uint64_t b)
{
	uint64_t x = a ^ h, y = b ^ (h * UINT64_C(0x9e3779b97f4a7c15) | 1);
#ifdef __SIZEOF_INT128__
	unsigned __int128 product = (unsigned __int128)x * y;

	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ h;
#else
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	y = (y ^ x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return y ^ y >> 33;
#endif
}

uint64_t lk_hash_bytes(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t w[2];

	h = lk_hash_add(h, n, 0);
	for (; n > sizeof(w); n -= sizeof(w), b += sizeof(w)) {
		memcpy(w, b, sizeof(w));
		h = lk_hash_add(h, w[0], w[1]);
	}
	memset(w, 0, sizeof(w));
	memcpy(w, b, n);
	return lk_hash_add(h, w[0], w[1]);
}
