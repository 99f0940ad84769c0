/* SPDX-License-Identifier: MIT */
#ifndef STORE_READ_H
#define STORE_READ_H

struct store;

void read_free_all(struct store *store);

#endif
