// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * References to a policy. What it is made of, its maker knows how to free.
 */
#include <string.h>

#include "policy.h"

struct ike_policy *ike_policy_ref(struct ike_policy *policy)
{
	if (policy)
		policy->refs++;
	return policy;
}

void ike_policy_unref(struct ike_policy *policy)
{
	if (policy && !--policy->refs && policy->release)
		policy->release(policy);
}

const struct ike_profile *ike_policy_profile(const struct ike_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->n_profiles; i++)
		if (!strcmp(policy->profiles[i].name, name))
			return &policy->profiles[i];
	return NULL;
}
