-- KEYS: since when nothing is missing, the account's last write. ARGV: the current instant in microseconds.
-- Another run of Redis may have read an old file, or have been a replica that lagged: its memory begins anew.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local since = redis.call('GET', KEYS[1])
local instant = since and string.match(since, '^' .. run .. ' (%-?%d+)$')
if not instant then
  instant = ARGV[1]
  redis.call('SET', KEYS[1], run .. ' ' .. instant)
end
return { instant, redis.call('GET', KEYS[2]) }
