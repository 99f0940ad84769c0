/* SPDX-License-Identifier: MIT */
/* Settings that an operator changes while the cluster runs: a name and a short text each. What they
 * mean is for others to know. */
#include <string.h>
#include "meta/op.h"

int op_setting_set(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_setting_set *args = &op->setting_set;
	size_t size = strlen(args->name);
	struct table_key key = key_name(0, args->name, size);
	struct proto_row_setting row = {.value = args->value};
	int rc = 0;
	bool known;

	if (size == 0 || strspn(args->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != size)
		return error_set(&ret->err, DFS_E_INVAL,
		        "a setting's name has letters from a to z, digits and _");
	known = txn_has(txn, META_SETTING, &key, &rc, &ret->err);
	if (rc != 0)
		return rc;
	if (args->value[0] != '\0')
		txn_write(txn, META_SETTING, &key, &row);
	else if (known)
		txn_del(txn, META_SETTING, &key);
	return 0;
}
