// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cursor never leaves its bounds and the buffer never lies about what it holds.
 */
#include <stdlib.h>

#include "hex.h"

static void reader_reads_big_endian(void **state)
{
	struct ike_bytes in = unhex("01 0203 04050607 08090a0b0c0d0e0f 1011");
	struct ike_reader r;

	ike_reader_init(&r, in.data, in.len);
	assert_int_equal(ike_read_u8(&r), 0x01);
	assert_int_equal(ike_read_u16(&r), 0x0203);
	assert_int_equal(ike_read_u32(&r), 0x04050607);
	assert_true(ike_read_u64(&r) == 0x08090a0b0c0d0e0full);
	assert_int_equal(ike_reader_left(&r), 2);
	assert_int_equal(ike_read_rest(&r).len, 2);
	assert_int_equal(ike_reader_left(&r), 0);
	assert_false(r.error);
}

static void reader_error_sticks(void **state)
{
	struct ike_bytes in = unhex("0102 0304");
	struct ike_reader r;

	ike_reader_init(&r, in.data, in.len);
	assert_int_equal(ike_read_u16(&r), 0x0102);
	assert_int_equal(ike_read_u32(&r), 0);
	assert_true(r.error);
	assert_int_equal(ike_read_u8(&r), 0);
	assert_null(ike_read_bytes(&r, 0));
	assert_int_equal(ike_reader_left(&r), 0);
	assert_null(ike_read_rest(&r).data);
}

static void reader_of_nothing(void **state)
{
	struct ike_reader r, sub;

	ike_reader_init(&r, NULL, 0);
	assert_false(r.error);
	assert_non_null(ike_read_bytes(&r, 0));
	assert_true(ike_read_sub(&r, 0, &sub));
	assert_int_equal(ike_read_u8(&sub), 0);
	assert_true(sub.error);
	assert_false(r.error);
	assert_false(ike_read_sub(&r, SIZE_MAX, &sub));
	assert_true(sub.error && r.error);
}

static void sub_reader_has_its_own_end(void **state)
{
	struct ike_bytes in = unhex("0102 0304");
	struct ike_reader r, sub;

	ike_reader_init(&r, in.data, in.len);
	assert_true(ike_read_sub(&r, 2, &sub));
	assert_int_equal(ike_read_u32(&sub), 0);
	assert_true(sub.error);
	assert_int_equal(ike_read_u16(&r), 0x0304);
	assert_false(r.error);
}

static void writer_grows_and_patches(void **state)
{
	struct ike_writer w = { 0 };

	for (unsigned int i = 0; i < 300; i++)
		ike_write_u32(&w, i);
	ike_write_u8(&w, 1);
	ike_write_u64(&w, 0x0102030405060708ull);
	assert_int_equal(w.len, 1209);
	assert_hex(w.data + 1196, 13, "0000012b 01 0102030405060708");
	ike_write_patch_u16(&w, 1196, 0xaabb);
	ike_write_patch_u8(&w, 1208, 0xff);
	ike_write_patch_u32(&w, 1201, 0x99999999);
	assert_hex(w.data + 1196, 13, "aabb012b 01 99999999050607ff");
	assert_false(w.error);
	ike_writer_free(&w);
	assert_null(w.data);
}

static void writer_error_sticks(void **state)
{
	struct ike_writer w = { 0 };
	size_t len = 99;

	ike_write_u16(&w, 1);
	ike_write_patch_u16(&w, 1, 0);
	assert_true(w.error);
	ike_write_u16(&w, 1);
	assert_int_equal(w.len, 2);
	assert_null(ike_write_reserve(&w, 1));
	assert_null(ike_writer_take(&w, &len));
	assert_int_equal(len, 0);
	assert_false(w.error);
}

static void writer_refuses_absurd_lengths(void **state)
{
	struct ike_writer w = { 0 };

	ike_write_u8(&w, 1);
	assert_null(ike_write_reserve(&w, IKE_WRITER_MAX));
	assert_true(w.error);
	ike_writer_reset(&w);
	assert_non_null(ike_write_reserve(&w, IKE_WRITER_MAX));
	assert_null(ike_write_reserve(&w, SIZE_MAX));
	ike_writer_free(&w);
}

static void writer_hands_its_memory_over(void **state)
{
	struct ike_writer w = { 0 };
	uint8_t *data;
	size_t len;

	ike_write_bytes(&w, "abc", 3);
	ike_write_bytes(&w, NULL, 0);
	data = ike_writer_take(&w, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(data, "abc", 3);
	assert_null(w.data);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_reads_big_endian),
		cmocka_unit_test(reader_error_sticks),
		cmocka_unit_test(reader_of_nothing),
		cmocka_unit_test(sub_reader_has_its_own_end),
		cmocka_unit_test(writer_grows_and_patches),
		cmocka_unit_test(writer_error_sticks),
		cmocka_unit_test(writer_refuses_absurd_lengths),
		cmocka_unit_test(writer_hands_its_memory_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
