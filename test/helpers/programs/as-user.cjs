/** Preloaded, it makes the program run as the user with the number AS_USER, wherever Node itself is. */
const id = Number(process.env.AS_USER);
process.setgroups([]);
process.setgid(id);
process.setuid(id);
