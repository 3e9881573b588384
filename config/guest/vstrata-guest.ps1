# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
<#
.SYNOPSIS
Publishes what only the guest knows (queues, paging, application values) as the variable
guestinfo.vstrata of this virtual machine, for vstrata. README.md beside this file tells more.

.DESCRIPTION
Without a switch: one text over one second, then the end. Windows PowerShell 5.1. Install, as
administrator, with this file in C:\Program Files\vstrata-guest:

$run = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "C:\Program Files\vstrata-guest\vstrata-guest.ps1" -Loop'
$always = New-ScheduledTaskSettingsSet -ExecutionTimeLimit 0 -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1)
Register-ScheduledTask vstrata-guest -User SYSTEM -Settings $always -Trigger (New-ScheduledTaskTrigger -AtStartup) -Action (New-ScheduledTaskAction -Execute powershell.exe -Argument $run)
Start-ScheduledTask vstrata-guest

.PARAMETER Print
Shows the text and publishes nothing.

.PARAMETER Loop
Publishes a text every 20 seconds.

.PARAMETER Apps
Folder of files NAME.txt with lines "VALUE NUMBER", which the applications write anew at least once
a minute. Whoever may write there says what is published, so it lies where administrators write.
#>
[CmdletBinding()]
param(
    [switch]$Print,
    [switch]$Loop,
    [string]$Apps = "$env:ProgramFiles\vstrata-guest\apps"
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$EverySeconds = 20
$OldestSeconds = 3600
$TextBytes = 1024
$Values = 16
$PageKiB = 4
$ToolsMilliseconds = 10000
$AppSeconds = 60
$AppBytes = 4096
$Tools = "$env:ProgramFiles\VMware\VMware Tools"
$script:complained = @{}

# Told once, until the program is started again.
function Complain([string]$Text) {
    if (-not $script:complained.ContainsKey($Text)) {
        $script:complained[$Text] = $true
        [Console]::Error.WriteLine("vstrata-guest: $Text")
    }
}

# The objects of a CIM class. These names are the same in every language of Windows; the paths of
# Get-Counter are not.
function Read-Class([string]$Name) {
    try {
        return @(Get-CimInstance -ClassName $Name)
    } catch {
        Complain "cannot read $Name"
        return @()
    }
}

# The sum of a property over objects, or $null if one of them does not have it.
function Get-Sum($Objects, [string]$Property) {
    if ($null -eq $Objects -or @($Objects).Count -eq 0) { return $null }
    $sum = 0.0
    foreach ($object in $Objects) {
        $found = $object.PSObject.Properties[$Property]
        if ($null -eq $found -or $null -eq $found.Value) { return $null }
        $sum += [double]$found.Value
    }
    return $sum
}

# The names that the counters use for the network cards on the PCI bus: no tunnel, no team.
function Get-CardNames {
    $names = @{}
    foreach ($card in Read-Class 'Win32_NetworkAdapter') {
        if ("$($card.PNPDeviceID)" -like 'PCI\*') {
            $name = "$($card.Name)" -replace '\(', '[' -replace '\)', ']' -replace '[#/\\]', '_'
            $names[$name] = $true
        }
    }
    return $names
}

# One reading: spot values, and counts that a second reading makes rates of.
function Get-Reading {
    $system = Read-Class 'Win32_PerfRawData_PerfOS_System'
    $memory = Read-Class 'Win32_PerfRawData_PerfOS_Memory'
    $os = Read-Class 'Win32_OperatingSystem'
    $disk = @(Read-Class 'Win32_PerfRawData_PerfDisk_PhysicalDisk' |
            Where-Object { $_.Name -eq '_Total' })
    $cpus = @(Read-Class 'Win32_PerfRawData_Counters_ProcessorInformation' |
            Where-Object { $_.Name -notlike '*_Total' })
    $ours = Get-CardNames
    $cards = @(Read-Class 'Win32_PerfRawData_Tcpip_NetworkInterface' |
            Where-Object { $ours.ContainsKey("$($_.Name)") })

    $ticks = Get-Sum $system 'Timestamp_PerfTime'
    $frequency = Get-Sum $system 'Frequency_PerfTime'
    $total = Get-Sum $os 'TotalVisibleMemorySize'
    $free = Get-Sum $memory 'FreeAndZeroPageListBytes'
    $reserve = Get-Sum $memory 'StandbyCacheReserveBytes'
    $available = Get-Sum $memory 'AvailableBytes'
    $pageFile = Get-Sum (Read-Class 'Win32_PageFileUsage') 'CurrentUsage'
    return @{
        Seconds = if ($null -ne $ticks -and $frequency -gt 0) { $ticks / $frequency } else { $null }
        RunQueue = Get-Sum $system 'ProcessorQueueLength'
        Switches = Get-Sum $system 'ContextSwitchesPersec'
        PagesIn = Get-Sum $memory 'PagesInputPersec'
        PagesOut = Get-Sum $memory 'PagesOutputPersec'
        Swap = if ($null -ne $pageFile) { $pageFile * 1024 } else { 0.0 } # MiB; no page file, none used
        Needed = if ($null -ne $total -and $null -ne $free -and $null -ne $reserve) {
            [Math]::Max(0.0, $total - ($free + $reserve) / 1024)
        } else { $null }
        Available = if ($null -ne $available) { $available / 1024 } else { $null }
        DiskQueue = Get-Sum $disk 'AvgDiskQueueLength' # 100 ns, weighted by the requests under way
        DiskTime = Get-Sum $disk 'Timestamp_Sys100NS'
        Idle = Get-Sum $cpus 'PercentProcessorTime' # 100 ns without work, in spite of its name
        CpuTime = Get-Sum $cpus 'Timestamp_Sys100NS'
        Cpus = $cpus.Count
        RingDrops = Get-Sum $cards 'PacketsReceivedDiscarded'
        DriverDrops = Get-Sum $cards 'PacketsOutboundDiscarded'
    }
}

# How much a count grew for one of another; $null if either is not known or went back.
function Get-Growth($Old, $New, [string]$Count, [string]$By) {
    foreach ($key in $Count, $By) {
        if ($null -eq $Old[$key] -or $null -eq $New[$key] -or $New[$key] -lt $Old[$key]) {
            return $null
        }
    }
    $span = $New[$By] - $Old[$By]
    if ($span -le 0) { return $null }
    return ($New[$Count] - $Old[$Count]) / $span
}

function Format-Word([string]$Key, $Number) {
    if ($null -eq $Number -or $Number -lt 0 -or $Number -ge 1e15) { return '' }
    $invariant = [Globalization.CultureInfo]::InvariantCulture
    return " $Key=" + ([double]$Number).ToString('0.###', $invariant)
}

# The text but for the applications, or $null if no usable time lies between the readings.
function Format-Text($Old, $New) {
    if ($null -eq $Old -or $null -eq $Old.Seconds -or $null -eq $New.Seconds) { return $null }
    $seconds = $New.Seconds - $Old.Seconds
    if ($seconds -lt 0.9 -or $seconds -gt $OldestSeconds) { return $null }
    $epoch = ([DateTime]::UtcNow - (New-Object DateTime 1970, 1, 1)).TotalSeconds
    $text = 'vstrata1 t=' + [long][Math]::Floor($epoch) +
        ' i=' + [int][Math]::Max(1, [Math]::Round($seconds))
    $pagesIn = Get-Growth $Old $New 'PagesIn' 'Seconds'
    $pagesOut = Get-Growth $Old $New 'PagesOut' 'Seconds'
    $idle = $null
    if ($Old.Cpus -eq $New.Cpus) { $idle = Get-Growth $Old $New 'Idle' 'CpuTime' }
    $text += Format-Word 'rq' $New.RunQueue
    $text += Format-Word 'cs' (Get-Growth $Old $New 'Switches' 'Seconds')
    if ($null -ne $pagesIn) { $text += Format-Word 'pgin' ($pagesIn * $PageKiB) }
    if ($null -ne $pagesOut) { $text += Format-Word 'pgout' ($pagesOut * $PageKiB) }
    $text += Format-Word 'swap' $New.Swap
    $text += Format-Word 'need' $New.Needed
    $text += Format-Word 'avail' $New.Available
    $text += Format-Word 'dq' (Get-Growth $Old $New 'DiskQueue' 'DiskTime')
    $text += Format-Word 'ring' (Get-Growth $Old $New 'RingDrops' 'Seconds')
    $text += Format-Word 'drv' (Get-Growth $Old $New 'DriverDrops' 'Seconds')
    # Idle and CpuTime are sums over the same processors: their quotient is one processor's share.
    if ($null -ne $idle) {
        $text += Format-Word 'cpu' ([Math]::Max(0.0, (1 - $idle) * $New.Cpus))
    }
    return $text
}

# The words app.NAME.VALUE=NUMBER of the files in $Apps that are not too old.
function Get-AppWords {
    $name = '^[A-Za-z0-9_-]{1,32}$'
    $number = '^[0-9]{1,15}(\.[0-9]{1,3})?$'
    $seen = @{}
    if (-not (Test-Path -LiteralPath $Apps -PathType Container)) { return }
    $youngest = [DateTime]::UtcNow.AddSeconds(-$AppSeconds)
    foreach ($file in Get-ChildItem -LiteralPath $Apps -Filter '*.txt' -File | Sort-Object Name) {
        if ($file.BaseName -notmatch $name -or $file.Length -gt $AppBytes) {
            Complain "$($file.Name): a name of other letters than A-Z a-z 0-9 _ -, or too large: left out"
            continue
        }
        if ($file.LastWriteTimeUtc -lt $youngest) { continue }
        foreach ($line in @(Get-Content -LiteralPath $file.FullName -TotalCount 256)) {
            $parts = @("$line".Trim() -split '\s+')
            if ($parts.Count -ne 2 -or $parts[0] -notmatch $name -or $parts[1] -notmatch $number -or
                $seen.ContainsKey("$($file.BaseName).$($parts[0])")) {
                Complain "$($file.Name): has lines that are not VALUE NUMBER, or twice"
                continue
            }
            if ($seen.Count -ge $Values) {
                Complain "more than $Values application values: the rest is left out"
                return
            }
            $seen["$($file.BaseName).$($parts[0])"] = $true
            "app.$($file.BaseName).$($parts[0])=$($parts[1])"
        }
    }
}

function Add-Apps([string]$Text) {
    try {
        foreach ($word in @(Get-AppWords)) {
            if ($Text.Length + 1 + $word.Length -gt $TextBytes) {
                Complain "the text would exceed $TextBytes bytes: application values are left out"
                break
            }
            $Text += " $word"
        }
    } catch {
        Complain "a file in $Apps cannot be read"
    }
    return $Text
}

function Publish-Text([string]$Text) {
    $start = New-Object Diagnostics.ProcessStartInfo
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    if (Test-Path -LiteralPath "$Tools\vmtoolsd.exe") {
        $start.FileName = "$Tools\vmtoolsd.exe"
        $start.Arguments = "--cmd `"info-set guestinfo.vstrata $Text`""
    } elseif (Test-Path -LiteralPath "$Tools\rpctool.exe") {
        $start.FileName = "$Tools\rpctool.exe"
        $start.Arguments = "`"info-set guestinfo.vstrata $Text`""
    } else {
        Complain "neither vmtoolsd.exe nor rpctool.exe in ${Tools}: are VMware Tools installed?"
        return $false
    }
    $process = [Diagnostics.Process]::Start($start)
    if (-not $process.WaitForExit($ToolsMilliseconds)) {
        $process.Kill()
        Complain 'VMware Tools do not answer'
        return $false
    }
    if ($process.ExitCode -ne 0) {
        Complain "VMware Tools could not set guestinfo.vstrata (status $($process.ExitCode))"
        return $false
    }
    return $true
}

$old = $null
do {
    $began = [Diagnostics.Stopwatch]::StartNew()
    $good = $false
    try {
        $new = Get-Reading
        $text = Format-Text $old $new
        if ($null -eq $text) {
            Start-Sleep -Seconds 1
            $old = $new
            $new = Get-Reading
            $text = Format-Text $old $new
        }
        $old = $new
        if ($null -eq $text) {
            Complain 'the clock of the performance counters does not advance: nothing to publish'
        } else {
            $text = Add-Apps $text
            if ($Print) {
                $text
                $good = $true
            } else {
                $good = Publish-Text $text
            }
        }
    } catch {
        Complain "$_"
    }
    if ($Loop) {
        $left = $EverySeconds * 1000 - $began.ElapsedMilliseconds
        if ($left -gt 0) { Start-Sleep -Milliseconds $left }
    }
} while ($Loop)
if (-not $good) { exit 1 }
