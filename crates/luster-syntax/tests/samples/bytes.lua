local s = "ÿþ raw bytes Ã" -- €
local t	=	[[a
b
cd]]
return s, t, 1e308, 3, 0xA, "\z  
 x"
