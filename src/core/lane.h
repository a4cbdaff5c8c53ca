/* lane.h - the number of a lane carries its role: a base lane has three
 * scans, told apart by the two low bits. */
#ifndef HOSTQ_CORE_LANE_H
#define HOSTQ_CORE_LANE_H

#include <stdint.h>

enum lane_role {
    LANE_MAIN = 0,    /* new requests and retries */
    LANE_RESUMED = 1, /* waiting, given back, taken over: walked first */
    LANE_SUSPECT = 2, /* one crash short of max_crashes: a daemon works one
                         at a time, so that no innocent fails with it */
};

static inline enum lane_role
lane_role(int32_t lane)
{
    return (enum lane_role)(lane & 3);
}

static inline int32_t
lane_with_role(int32_t lane, enum lane_role role)
{
    return (lane & ~3) | (int32_t)role;
}

#endif
