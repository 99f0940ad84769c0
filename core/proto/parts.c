/* SPDX-License-Identifier: MIT */
#include "proto/parts.h"

#include <assert.h>

size_t proto_step(const struct proto_field *field)
{
	if (field->item == PROTO_TYPE_STRUCT)
		return field->of->size;
	assert(field->item <= PROTO_TYPE_U32);
	return field->item == PROTO_TYPE_U32 ? sizeof(uint32_t) : sizeof(uint64_t);
}

void proto_cut(struct buf *buf, size_t size)
{
	assert(size <= buf->size);
	buf->size = size;
	if (buf->data)
		buf->data[size] = '\0';
}
