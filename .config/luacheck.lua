-- The globals that Redis gives to a script. It refuses a script that makes one of its own.
std = 'lua51'
read_globals = {'redis', 'cjson', 'KEYS', 'ARGV'}
