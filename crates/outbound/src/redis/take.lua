-- The formula of the generic cell rate algorithm over one stored instant, in microseconds. Whole numbers of this size are
-- exact in Lua. KEYS[1] the bucket; ARGV: now, how many are wanted, one interval, requests in a burst.
local now, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
local interval, requests = tonumber(ARGV[3]), tonumber(ARGV[4])
local burst = interval * requests
local last = now + burst
local held = tonumber(redis.call('GET', KEYS[1]) or '')
local base = now
if held and held > now and held <= last + burst then
    base = held
end
local granted = math.max(0, math.min(wanted, math.floor((last - base) / interval)))
local state = base + granted * interval
-- Kept for a window longer than it says anything, as long as clocks may differ.
redis.call('SET', KEYS[1], string.format('%.0f', state), 'PX', string.format('%.0f', math.ceil((state - now + burst) / 1000)))
return { granted, string.format('%.0f', state) }
