t_co.lua: No such file or directory (os error 2)
