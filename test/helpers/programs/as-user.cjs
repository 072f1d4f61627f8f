/** Preloaded with `--require`: makes the program run as the user number AS_USER. */
const id = Number(process.env.AS_USER);
process.setgroups([]);
process.setgid(id);
process.setuid(id);
