/* cmd.h - the commands; commands.c is their only user. Each returns the exit
 * status. */
#ifndef HOSTQ_CLI_CMD_H
#define HOSTQ_CLI_CMD_H

#include "cli/cli.h"

int cmd_adopt(struct cli *c);
int cmd_call(struct cli *c);
int cmd_cancel(struct cli *c);
int cmd_daemons(struct cli *c);
int cmd_horizon(struct cli *c);
int cmd_events(struct cli *c);
int cmd_explain(struct cli *c);
int cmd_help(struct cli *c);
int cmd_hf(struct cli *c);
int cmd_limit(struct cli *c);
int cmd_limits(struct cli *c);
int cmd_list(struct cli *c);
int cmd_machines(struct cli *c);
int cmd_migrate(struct cli *c);
int cmd_drain(struct cli *c);
int cmd_pause(struct cli *c);
int cmd_pauses(struct cli *c);
int cmd_queue(struct cli *c);
int cmd_undrain(struct cli *c);
int cmd_queues(struct cli *c);
int cmd_redrive(struct cli *c);
int cmd_result(struct cli *c);
int cmd_resume(struct cli *c);
int cmd_retry(struct cli *c);
int cmd_schedule(struct cli *c);
int cmd_set(struct cli *c);
int cmd_show(struct cli *c);
int cmd_status(struct cli *c);
int cmd_submit(struct cli *c);
int cmd_templates(struct cli *c);
int cmd_validate_templates(struct cli *c);
int cmd_version(struct cli *c);
int cmd_wait(struct cli *c);
int cmd_watch(struct cli *c);

/* The request that arguments and options ask for, as the four objects of
 * cli_submit.sql; the caller frees each. */
enum { SUBMIT_PARTS = 4 };
int submit_parts_new(const struct cli *c, char *parts[SUBMIT_PARTS],
                     struct err *err);
/* All of them but the file's, [1], which is left alone. */
int submit_options_new(const struct cli *c, char *parts[SUBMIT_PARTS],
                       struct err *err);

/* submit --many, cancel --where, retry --where. */
int bulk_submit(struct cli *c);
int bulk_cancel(struct cli *c);
int bulk_retry(struct cli *c);
int bulk_pause(struct cli *c, bool on);

/* Waits for the end of a request and tells it, as `hostq wait` does. */
int follow_wait(struct cli *c, const char *request_id, usec_t limit);

#endif
